// SPDX-License-Identifier: GPL-2.0

//! The kernel's errors in words.

use std::io;

use rustix::io::Errno;

/// The names of those that sysfs's files of drivers and modules are known to give.
const NAMES: [(Errno, &str); 16] = [
    (Errno::PERM, "EPERM"),
    (Errno::NOENT, "ENOENT"),
    (Errno::INTR, "EINTR"),
    (Errno::IO, "EIO"),
    (Errno::NXIO, "ENXIO"),
    (Errno::AGAIN, "EAGAIN"),
    (Errno::NOMEM, "ENOMEM"),
    (Errno::ACCESS, "EACCES"),
    (Errno::BUSY, "EBUSY"),
    (Errno::NODEV, "ENODEV"),
    (Errno::INVAL, "EINVAL"),
    (Errno::NOSPC, "ENOSPC"),
    (Errno::ROFS, "EROFS"),
    (Errno::NOSYS, "ENOSYS"),
    (Errno::OPNOTSUPP, "EOPNOTSUPP"),
    (Errno::TIMEDOUT, "ETIMEDOUT"),
];

/// Returns an error in words: `EBUSY: Device or resource busy`.
pub(crate) fn words(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    let text = text.split(" (os error ").next().unwrap_or(&text);
    let name = NAMES
        .iter()
        .find(|(errno, _)| errno.raw_os_error() == number);
    match name {
        Some((_, name)) => format!("{name}: {text}"),
        None => format!("error {number}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_and_words() {
        assert_eq!(words(16), "EBUSY: Device or resource busy");
        assert_eq!(words(39), "error 39: Directory not empty");
    }
}
