// SPDX-License-Identifier: GPL-2.0

//! What is in an initramfs image: cpio archives one after the other
//! (Documentation/driver-api/early-userspace/buffer-format.rst), of which the last one is compressed.

use std::{
    fs::File,
    io::{
        self,
        BufRead,
        BufReader,
        Read,
        Seek,
        SeekFrom, //
    },
    path::Path,
    process::{
        Command,
        Stdio, //
    },
};

/// How a compressed archive begins, and the program that decompresses it from its standard input.
const PROGRAMS: [(&[u8], &[&str]); 6] = [
    (b"\x1f\x8b", &["gzip", "-dc"]),
    (b"\x28\xb5\x2f\xfd", &["zstd", "-dcq"]),
    (b"\xfd7zXZ", &["xz", "-dcq"]),
    (b"\x5d\x00\x00", &["xz", "--format=lzma", "-dcq"]),
    (b"\x02\x21\x4c\x18", &["lz4", "-dcq"]),
    (b"BZh", &["bzip2", "-dcq"]),
];
/// How the header of a file in an archive begins, without and with a checksum.
const MAGIC: [&[u8]; 2] = [b"070701", b"070702"];
/// The size of such a header.
const HEADER: usize = 110;
/// The name that ends an archive.
const TRAILER: &str = "TRAILER!!!";
/// The longest name.
const LONGEST: usize = 4096;
/// The largest file whose contents are wanted.
const LARGEST: usize = 1 << 20;
/// The most that is read of an image, decompressed.
const MOST: u64 = 4 << 30;

/// Goes through the files of an image. `visit` gets each file's name, and its contents where
/// `wanted` says so.
pub(super) fn read(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> io::Result<()> {
    let mut reader = Counted {
        inner: BufReader::new(File::open(path)?),
        count: 0,
    };
    loop {
        let next = skip_zeros(&mut reader)?;
        if next.is_empty() {
            return Ok(());
        }
        if MAGIC.iter().any(|magic| next.starts_with(magic)) {
            archive(&mut reader, wanted, visit)?;
            continue;
        }
        let program = PROGRAMS.iter().find(|(magic, _)| next.starts_with(magic));
        let Some((_, [program, arguments @ ..])) = program else {
            return Err(wrong("neither an archive nor compressed as is known"));
        };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(reader.count))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut result = Err(wrong("no output"));
        if let Some(out) = child.stdout.take() {
            let mut out = Counted {
                inner: BufReader::new(out.take(MOST)),
                count: 0,
            };
            result = archives(&mut out, wanted, visit);
        }
        // Its output is closed now, which ends it.
        let _ = child.wait();
        return result;
    }
}

/// Reads archives up to the end.
fn archives<R: BufRead>(
    reader: &mut Counted<R>,
    wanted: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> io::Result<()> {
    while !skip_zeros(reader)?.is_empty() {
        archive(reader, wanted, visit)?;
    }
    Ok(())
}

/// Reads an archive up to its trailer.
fn archive<R: BufRead>(
    reader: &mut Counted<R>,
    wanted: &dyn Fn(&str) -> bool,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> io::Result<()> {
    loop {
        let mut header = [0; HEADER];
        reader.read_exact(&mut header)?;
        if !MAGIC.iter().any(|magic| header.starts_with(magic)) {
            return Err(wrong("a file without its header"));
        }
        let field = |at: usize| {
            let start = 6 + at * 8;
            let digits = header.get(start..start + 8)?;
            usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (Some(size), Some(length)) = (field(6), field(11)) else {
            return Err(wrong("a size that is no number"));
        };
        if length > LONGEST {
            return Err(wrong("a name that is too long"));
        }
        let mut name = vec![0; length];
        reader.read_exact(&mut name)?;
        pad(reader, HEADER + length)?;
        let name = String::from_utf8_lossy(&name);
        let name = name.trim_end_matches('\0');
        if name == TRAILER {
            return Ok(());
        }
        let name = name.trim_start_matches("./");
        let mut contents = Vec::new();
        if size <= LARGEST && wanted(name) {
            contents.resize(size, 0);
            reader.read_exact(&mut contents)?;
        } else {
            skip(reader, size as u64)?;
        }
        pad(reader, size)?;
        visit(name, &contents);
    }
}

/// Skips what fills a header with its name, or contents, up to four bytes.
fn pad(reader: &mut impl Read, size: usize) -> io::Result<()> {
    skip(reader, (size.wrapping_neg() & 3) as u64)
}

/// Skips bytes.
fn skip(reader: &mut impl Read, size: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(size), &mut io::sink())? {
        skipped if skipped == size => Ok(()),
        _ => Err(wrong("the end before a file's")),
    }
}

/// Skips what is between archives, and returns some of what comes next.
fn skip_zeros<R: BufRead>(reader: &mut Counted<R>) -> io::Result<Vec<u8>> {
    loop {
        let buffer = reader.inner.fill_buf()?;
        let zeros = buffer.iter().take_while(|&&byte| byte == 0).count();
        if zeros < buffer.len() || buffer.is_empty() {
            let next = buffer.iter().skip(zeros).take(8).copied().collect();
            reader.consume(zeros);
            return Ok(next);
        }
        reader.consume(zeros);
    }
}

/// Something is wrong with an image.
fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the image has {what}"))
}

/// A reader that knows how much was read.
struct Counted<R> {
    /// The reader.
    inner: R,
    /// How much.
    count: u64,
}

impl<R: BufRead> Counted<R> {
    /// Skips what is in the buffer.
    fn consume(&mut self, size: usize) {
        self.inner.consume(size);
        self.count = self.count.saturating_add(size as u64);
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(buffer)?;
        self.count = self.count.saturating_add(size as u64);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A file in an archive.
    fn entry(name: &str, contents: &str) -> Vec<u8> {
        let mut out = b"070701".to_vec();
        for field in [
            1,
            0o100_644,
            0,
            0,
            1,
            0,
            contents.len(),
            0,
            0,
            0,
            0,
            name.len() + 1,
            0,
        ] {
            out.extend(format!("{field:08x}").bytes());
        }
        for (size, text) in [(HEADER, format!("{name}\0")), (0, contents.to_owned())] {
            out.extend(text.bytes());
            let end = size + text.len();
            out.resize(out.len() + (end.wrapping_neg() & 3), 0);
        }
        out
    }

    /// What is seen of an image.
    fn seen(image: &[u8]) -> io::Result<Vec<(String, String)>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(image).unwrap();
        let mut files = Vec::new();
        read(
            file.path(),
            &|name| name.ends_with(".conf"),
            &mut |name, contents| {
                files.push((name.into(), String::from_utf8_lossy(contents).into_owned()));
            },
        )?;
        Ok(files)
    }

    /// Two archives as a distribution makes them: microcode, and the rest.
    fn archives() -> [Vec<u8>; 2] {
        let end = entry(TRAILER, "");
        let mut first = [entry("kernel/x86/microcode/a.bin", "code"), end.clone()].concat();
        first.resize(first.len().next_multiple_of(512), 0);
        let conf = entry("./etc/modprobe.d/a.conf", "options a\n");
        let second = [conf, entry("lib/b.ko", "module"), end].concat();
        [first, second]
    }

    /// What they have.
    fn wanted() -> Vec<(String, String)> {
        [
            ("kernel/x86/microcode/a.bin", ""),
            ("etc/modprobe.d/a.conf", "options a\n"),
            ("lib/b.ko", ""),
        ]
        .map(|(name, contents)| (name.to_owned(), contents.to_owned()))
        .to_vec()
    }

    #[test]
    fn one_archive_after_the_other() {
        assert_eq!(seen(&archives().concat()).unwrap(), wanted());
        assert_eq!(seen(b"").unwrap(), []);
    }

    #[test]
    fn the_last_one_is_compressed() {
        let [first, second] = archives();
        let mut child = Command::new("gzip")
            .arg("-c")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&second).unwrap();
        let compressed = child.wait_with_output().unwrap().stdout;
        assert_eq!(seen(&[first, compressed].concat()).unwrap(), wanted());
    }

    #[test]
    fn what_is_no_image_is_an_error() {
        let image = archives().concat();
        assert!(seen(b"text").is_err());
        assert!(seen(&image[..image.len() - 60]).is_err());
        let mut odd = entry("a", "b");
        odd[6 + 6 * 8] = b'x';
        assert!(seen(&odd).is_err());
        // A size that is longer than the image.
        odd[6 + 6 * 8] = b'f';
        assert!(seen(&odd).is_err());
    }
}
