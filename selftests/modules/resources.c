// SPDX-License-Identifier: GPL-2.0
/*
 * Changes what the kernel has noted of a PCI device's address ranges, as it is on
 * machines that QEMU is none of. Unloading it puts back what is still so.
 */

#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "name of a PCI device");

static bool shadow;
module_param(shadow, bool, 0444);
MODULE_PARM_DESC(shadow, "put the shadow of its ROM into the resource tree");

static int unset = -1;
module_param(unset, int, 0444);
MODULE_PARM_DESC(unset, "the BAR that is to have no address");

static int unclaimed = -1;
module_param(unclaimed, int, 0444);
MODULE_PARM_DESC(unclaimed, "the BAR that is to have no place in the resource tree");

static struct pci_dev *pdev;

static struct resource *rom(void)
{
	return &pdev->resource[PCI_ROM_RESOURCE];
}

static void take_out(int bar)
{
	if (bar >= 0 && bar < PCI_STD_NUM_BARS)
		release_resource(&pdev->resource[bar]);
}

static void put_back(int bar)
{
	if (bar >= 0 && bar < PCI_STD_NUM_BARS)
		WARN_ON(insert_resource(&iomem_resource, &pdev->resource[bar]));
}

static int __init resources_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, device);
	int err = 0;

	if (!dev)
		return -ENODEV;
	pdev = to_pci_dev(dev);
	if (shadow && rom()->flags & IORESOURCE_ROM_SHADOW)
		err = insert_resource(&iomem_resource, rom());
	if (err) {
		put_device(dev);
		return err;
	}
	take_out(unset);
	take_out(unclaimed);
	if (unset >= 0)
		pdev->resource[unset].flags |= IORESOURCE_UNSET;
	return 0;
}
module_init(resources_init);

static void __exit resources_exit(void)
{
	if (unset >= 0)
		pdev->resource[unset].flags &= ~IORESOURCE_UNSET;
	put_back(unclaimed);
	put_back(unset);
	if (rom()->flags & IORESOURCE_ROM_SHADOW && rom()->parent)
		remove_resource(rom());
	pci_dev_put(pdev);
}
module_exit(resources_exit);

MODULE_DESCRIPTION("Changes what is noted of a PCI device's address ranges");
MODULE_LICENSE("GPL");
