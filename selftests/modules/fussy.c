// SPDX-License-Identifier: GPL-2.0
/*
 * A holder of devices for guests whose probe fails for one device, to see what
 * becomes of a group's members that have moved already.
 */

#include <linux/module.h>
#include <linux/pci.h>

static char *refuse = "";
module_param(refuse, charp, 0644);
MODULE_PARM_DESC(refuse, "name of the PCI device that is refused with EIO");

static int fussy_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	bool refused;

	kernel_param_lock(THIS_MODULE);
	refused = sysfs_streq(refuse, pci_name(pdev));
	kernel_param_unlock(THIS_MODULE);
	return refused ? -EIO : 0;
}

static struct pci_driver fussy_driver = {
	.name = "fussy",
	.probe = fussy_probe,
	.driver_managed_dma = true,
};
module_pci_driver(fussy_driver);

MODULE_DESCRIPTION("PCI holder driver that refuses one device");
MODULE_LICENSE("GPL");
