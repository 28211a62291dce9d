// SPDX-License-Identifier: GPL-2.0

//! What the command prints, word for word, and its exit codes: the files in tests/cmd.
//! TRYCMD=overwrite cargo test writes them anew.

#[test]
fn texts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
