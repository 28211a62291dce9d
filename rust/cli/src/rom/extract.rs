// SPDX-License-Identifier: GPL-2.0

//! Writes a file whole or not at all.

use std::{
    ffi::OsString,
    fs::{
        self,
        File, //
    },
    io::{
        self,
        ErrorKind,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use rustix::fs::{
    renameat_with,
    RenameFlags,
    CWD, //
};

/// Writes `bytes` to a file beside `path`, which then takes its place. What is there is left alone
/// unless `force` is given, and is never anything but a file.
pub(crate) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err("it is there, and is no regular file".into());
        }
        Ok(_) if !force => return Err(EXISTS.into()),
        _ => {}
    }
    let part = beside(path).ok_or("name a file")?;
    let written = write_new(&part, bytes).and_then(|()| put(&part, path, force));
    if written.is_err() {
        // What is left of it is of no use; that it may not be there is no matter.
        let _ = fs::remove_file(&part);
    }
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => EXISTS.into(),
        _ => error.to_string(),
    })
}

/// Why a file is not overwritten, and what to do.
const EXISTS: &str = "it is there already; --force overwrites it";

/// Returns the name that the file has until it is whole.
fn beside(path: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(path.file_name()?);
    name.push(format!(".{}.part", std::process::id()));
    Some(path.with_file_name(name))
}

/// Writes a new file, and has it on the disk.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file where it is to be.
fn put(part: &Path, path: &Path, force: bool) -> io::Result<()> {
    if force {
        return fs::rename(part, path);
    }
    // Somebody may have made one meanwhile.
    Ok(renameat_with(CWD, part, CWD, path, RenameFlags::NOREPLACE)?)
}
