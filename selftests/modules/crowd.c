// SPDX-License-Identifier: GPL-2.0
/*
 * Takes all memory that a PCI device could still be given on its bus, down to the
 * last page, so that nobody finds room for another window there.
 */

#include <linux/list.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "name of a PCI device on the bus");

struct taken {
	struct list_head list;
	struct resource res;
};

static LIST_HEAD(all);

/* From the largest pieces to the smallest, so that there are few. */
static int fill(struct resource *window)
{
	resource_size_t size = roundup_pow_of_two(resource_size(window));
	struct taken *taken;

	while (size >= PAGE_SIZE) {
		taken = kzalloc(sizeof(*taken), GFP_KERNEL);
		if (!taken)
			return -ENOMEM;
		taken->res.name = "crowd";
		taken->res.flags = window->flags & (IORESOURCE_MEM | IORESOURCE_PREFETCH);
		if (allocate_resource(window, &taken->res, size, window->start, window->end,
				      PAGE_SIZE, NULL, NULL)) {
			kfree(taken);
			size /= 2;
			continue;
		}
		list_add(&taken->list, &all);
	}
	return 0;
}

static void empty(void)
{
	struct taken *taken, *next;

	list_for_each_entry_safe(taken, next, &all, list) {
		release_resource(&taken->res);
		kfree(taken);
	}
}

static int __init crowd_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, device);
	struct resource *window;
	int err = 0;

	if (!dev)
		return -ENODEV;
	pci_bus_for_each_resource(to_pci_dev(dev)->bus, window) {
		if (window && window->flags & IORESOURCE_MEM)
			err = err ?: fill(window);
	}
	put_device(dev);
	if (err)
		empty();
	return err;
}
module_init(crowd_init);

static void __exit crowd_exit(void)
{
	empty();
}
module_exit(crowd_exit);

MODULE_DESCRIPTION("Takes all free memory of a PCI bus");
MODULE_LICENSE("GPL");
