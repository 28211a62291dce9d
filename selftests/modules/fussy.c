// SPDX-License-Identifier: GPL-2.0
/*
 * A holder of devices for guests whose probe fails for one device, to see what
 * becomes of a group's members that have moved already. It can be greedy, as drivers of the host are.
 */

#include <linux/module.h>
#include <linux/pci.h>

static char *refuse = "";
module_param(refuse, charp, 0644);
MODULE_PARM_DESC(refuse, "name of the PCI device that is refused with EIO");

static bool greedy;
module_param(greedy, bool, 0444);
MODULE_PARM_DESC(greedy, "whether it is for QEMU's VGA cards without being told");

/* VGA and bochs-display. */
static const struct pci_device_id greedy_ids[] = {
	{ PCI_DEVICE(0x1234, 0x1111) },
	{ }
};

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

static int __init fussy_init(void)
{
	if (greedy)
		fussy_driver.id_table = greedy_ids;
	return pci_register_driver(&fussy_driver);
}
module_init(fussy_init);

static void __exit fussy_exit(void)
{
	pci_unregister_driver(&fussy_driver);
}
module_exit(fussy_exit);

MODULE_DESCRIPTION("PCI holder driver that refuses one device");
MODULE_LICENSE("GPL");
