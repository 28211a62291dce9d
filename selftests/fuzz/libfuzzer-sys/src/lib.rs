// SPDX-License-Identifier: GPL-2.0

//! What the fuzz targets need of the crate `libfuzzer-sys`, so that `make test` can build them
//! without a registry. libFuzzer itself is LLVM's and is linked in by the check.

/// Declares what libFuzzer calls with each input.
///
/// A panic ends the process, so that libFuzzer keeps the input that caused it.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: &[u8]| $body:block) => {
        /// Called by libFuzzer.
        ///
        /// # Safety
        ///
        /// `data` is valid for reads of `len` bytes.
        #[no_mangle]
        pub unsafe extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, len: usize) -> i32 {
            let $input: &[u8] = if len == 0 {
                &[]
            } else {
                // SAFETY: By the requirements of this function.
                unsafe { std::slice::from_raw_parts(data, len) }
            };

            let run = |$input: &[u8]| $body;

            // A panic that would leave an `extern "C"` function aborts.
            run($input);
            0
        }
    };
}
