// SPDX-License-Identifier: GPL-2.0
/*
 * Has the kernel believe that the firmware wants memory to stay mapped for a device
 * (an RMRR in the DMAR table), as some mainboards do for GPUs and USB controllers.
 */

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "name of the PCI device");

static struct device *dev;

static int __init reserved_init(void)
{
	dev = bus_find_device_by_name(&pci_bus_type, NULL, device);
	if (!dev || !dev->iommu) {
		put_device(dev);
		return -ENODEV;
	}
	dev->iommu->require_direct = 1;
	return 0;
}
module_init(reserved_init);

static void __exit reserved_exit(void)
{
	dev->iommu->require_direct = 0;
	put_device(dev);
}
module_exit(reserved_exit);

MODULE_DESCRIPTION("Memory that the firmware reserves for a PCI device");
MODULE_LICENSE("GPL");
