// SPDX-License-Identifier: GPL-2.0
/*
 * A holder of devices for guests whose probe fails for one device, to see what
 * becomes of a group's members that have moved already; and whose probe or removal
 * of one takes as long as it is told to, as vfio's removal does while a program has a
 * device open.
 * It can be greedy, as drivers of the host are, and leave devices asleep behind the
 * PM core's back, as xhci does with some.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *refuse = "";
module_param(refuse, charp, 0644);
MODULE_PARM_DESC(refuse, "name of the PCI device that is refused with EIO");

static char *dawdle = "";
module_param(dawdle, charp, 0644);
MODULE_PARM_DESC(dawdle, "name of the PCI device whose probe does not end");

static char *cling = "";
module_param(cling, charp, 0644);
MODULE_PARM_DESC(cling, "name of the PCI device that is not let go of");

static unsigned int fail_after;
module_param(fail_after, uint, 0444);
MODULE_PARM_DESC(fail_after, "milliseconds after which loading fails, with the driver registered meanwhile");

static bool greedy;
module_param(greedy, bool, 0444);
MODULE_PARM_DESC(greedy, "whether it is for QEMU's VGA cards without being told");

static bool sleepy;
module_param(sleepy, bool, 0444);
MODULE_PARM_DESC(sleepy, "whether it leaves its devices in D3hot");

/* VGA and bochs-display. */
static const struct pci_device_id greedy_ids[] = {
	{ PCI_DEVICE(0x1234, 0x1111) },
	{ }
};

static bool fussy_is(char **name, struct pci_dev *pdev)
{
	bool is;

	kernel_param_lock(THIS_MODULE);
	is = sysfs_streq(*name, pci_name(pdev));
	kernel_param_unlock(THIS_MODULE);
	return is;
}

static int fussy_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	while (fussy_is(&dawdle, pdev))
		msleep(100);
	return fussy_is(&refuse, pdev) ? -EIO : 0;
}

static void fussy_remove(struct pci_dev *pdev)
{
	while (fussy_is(&cling, pdev))
		msleep_interruptible(100);
	if (sleepy)
		pci_set_power_state(pdev, PCI_D3hot);
}

static struct pci_driver fussy_driver = {
	.name = "fussy",
	.probe = fussy_probe,
	.remove = fussy_remove,
	.driver_managed_dma = true,
};

static int __init fussy_init(void)
{
	int error;

	if (greedy)
		fussy_driver.id_table = greedy_ids;
	error = pci_register_driver(&fussy_driver);
	if (!error && fail_after) {
		msleep(fail_after);
		pci_unregister_driver(&fussy_driver);
		error = -EIO;
	}
	return error;
}
module_init(fussy_init);

static void __exit fussy_exit(void)
{
	pci_unregister_driver(&fussy_driver);
}
module_exit(fussy_exit);

MODULE_DESCRIPTION("PCI holder driver that refuses, or keeps, one device");
MODULE_LICENSE("GPL");
