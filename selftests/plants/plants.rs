// SPDX-License-Identifier: GPL-2.0

// Bugs that are planted in a copy of rust/module/driver.rs, in its probe: the parameter handoff=
// names the one. Each is what a sanitizer is there to find.

fn plant(pdev: &pci::Device) {
    match crate::parameters::HANDOFF.get().to_bytes() {
        b"leak" => leak(),
        b"use-after-free" => use_after_free(pdev),
        b"out-of-bounds" => out_of_bounds(pdev),
        b"atomic-sleep" => atomic_sleep(),
        b"inversion" => inversion(),
        b"live-object" => live_object(),
        _ => {}
    }
}

fn leak() {
    core::mem::forget(KVec::<u8>::with_capacity(1000, GFP_KERNEL));
}

fn use_after_free(pdev: &pci::Device) {
    let Ok(byte) = KBox::new([1_u8; 64], GFP_KERNEL) else {
        return;
    };
    let gone: *const u8 = byte.as_ptr();

    drop(byte);
    dev_info!(pdev, "freed: {}\n", unsafe { gone.read_volatile() });
}

fn out_of_bounds(pdev: &pci::Device) {
    let Ok(bytes) = KBox::new([1_u8; 100], GFP_KERNEL) else {
        return;
    };
    let behind: *const u8 = bytes.as_ptr().wrapping_add(core::hint::black_box(100));

    dev_info!(pdev, "behind: {}\n", unsafe { behind.read_volatile() });
}

fn atomic_sleep() {
    let lock = KBox::pin_init(kernel::new_spinlock!(0_u8, "plant"), GFP_KERNEL);
    let Ok(lock) = lock else {
        return;
    };
    let guard = lock.lock();

    drop(KBox::new(1_u8, GFP_KERNEL));
    drop(guard);
}

fn inversion() {
    let first = KBox::pin_init(kernel::new_mutex!(0_u8, "plant_first"), GFP_KERNEL);
    let second = KBox::pin_init(kernel::new_mutex!(0_u8, "plant_second"), GFP_KERNEL);
    let (Ok(first), Ok(second)) = (first, second) else {
        return;
    };

    let outer = first.lock();
    drop(second.lock());
    drop(outer);

    let outer = second.lock();
    drop(first.lock());
    drop(outer);
}

// A timer that is freed while it is armed.
fn live_object() {
    static mut KEY: core::mem::MaybeUninit<kernel::bindings::lock_class_key> =
        core::mem::MaybeUninit::zeroed();

    // A timer without a function cannot be armed.
    extern "C" fn nothing(_timer: *mut kernel::bindings::timer_list) {}

    let Ok(memory) = KBox::new([0_u64; 64], GFP_KERNEL) else {
        return;
    };
    let timer: *mut kernel::bindings::timer_list = memory.as_ptr().cast_mut().cast();

    unsafe {
        kernel::bindings::timer_init_key(
            timer,
            Some(nothing),
            0,
            c"plant".as_char_ptr(),
            (&raw mut KEY).cast(),
        );
        (*timer).expires = usize::MAX / 4;
        kernel::bindings::add_timer(timer);
    }
    drop(memory);
}
