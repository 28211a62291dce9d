// SPDX-License-Identifier: GPL-2.0

//! `setup` and `undo` on a directory that stands for a machine: its files are real, and so are the
//! programs, which make "images" of what is in modprobe.d.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{
        symlink,
        PermissionsExt, //
    },
    path::Path,
};

use clap::Parser;

use super::{
    plan,
    show,
    SetupArgs, //
};
use crate::{
    card,
    change::{
        apply,
        site::{
            Site,
            Trouble,
            LOCK, //
        },
        OPTIONS,
        RECORD, //
    },
    facts::{
        host::Options as Wanted,
        testing::{
            good,
            Machine, //
        },
        Datum,
        Host,
        Query,
        Source,
        Stat, //
    },
    verbs::undo::{
        self,
        UndoArgs, //
    },
};

/// The kernels of the machine.
const KERNELS: [&str; 2] = ["7.2.12+deb13-amd64", "7.3.4+deb13-amd64"];

/// As `update-initramfs` it makes an image of all that is in modprobe.d, and fails for a kernel that the
/// file `fail` names; as `rpm-ostree` it keeps the words of a command line in a file.
const PROGRAM: &str = r#"#!/bin/sh
set -e
if [ "${0##*/}" = rpm-ostree ]; then
	[ "$1" = kargs ]; shift
	touch ROOT/kargs
	for word; do
		case $word in
		--delete-if-present=*) grep -vxF -- "${word#*=}" ROOT/kargs >ROOT/kargs.new || true
			mv ROOT/kargs.new ROOT/kargs ;;
		--append-if-missing=*) grep -qxF -- "${word#*=}" ROOT/kargs ||
			echo "${word#*=}" >>ROOT/kargs ;;
		*) exit 2 ;;
		esac
	done
	exec cat ROOT/kargs
fi
echo "update-initramfs: Generating /boot/initrd.img-$3"
for file in ROOT/etc/modprobe.d/*.conf; do
	[ ! -e "$file" ] || { echo "file /etc/modprobe.d/${file##*/}"; cat "$file"; }
done >"ROOT/boot/initrd.img-$3.new"
if [ "$(cat ROOT/fail 2>/dev/null)" = "$3" ]; then
	rm "ROOT/boot/initrd.img-$3.new"
	echo "cpio: write error: No space left on device" >&2
	exit 1
fi
[ ! -e ROOT/lazy ] || exit 0
mv "ROOT/boot/initrd.img-$3.new" "ROOT/boot/initrd.img-$3"
"#;

/// A command line of `setup`.
#[derive(Parser)]
struct Setup {
    /// Its arguments.
    #[command(flatten)]
    args: SetupArgs,
}

/// A command line of `undo`.
#[derive(Parser)]
struct Undo {
    /// Its arguments.
    #[command(flatten)]
    args: UndoArgs,
}

/// What is looked at: the files of a test's machine, and real images.
struct Look<'a> {
    machine: &'a Machine,
    site: &'a Site,
}

impl Source for Look<'_> {
    fn read(&self, path: &str) -> Datum<Vec<u8>> {
        self.machine.record.read(path)
    }
    fn head(&self, path: &str, most: usize) -> Datum<Vec<u8>> {
        self.machine.record.head(path, most)
    }
    fn list(&self, path: &str) -> Datum<Vec<String>> {
        self.machine.record.list(path)
    }
    fn link(&self, path: &str) -> Datum<String> {
        self.machine.record.link(path)
    }
    fn stat(&self, path: &str) -> Datum<Stat> {
        self.machine.record.stat(path)
    }
    fn query(&self, query: &Query) -> Datum<String> {
        match query {
            Query::Image(path) => Datum::from(fs::read_to_string(self.site.at(path))),
            other => self.machine.record.query(other),
        }
    }
}

/// A machine whose files can be changed.
struct Bench {
    directory: tempfile::TempDir,
    machine: Machine,
    site: Site,
}

/// The usual machine, before anything is set up: with the package's hook and two kernels.
fn fresh() -> Machine {
    let machine = good()
        .gone("/sys/module/vga_stub")
        .gone("/etc/modprobe.d")
        .gone("/sys/class/vga_stub")
        .driver("0000:01:00.0", "nouveau")
        .driver("0000:01:00.1", "snd_hda_intel")
        .stat("/usr/sbin/update-initramfs", "100755 0 0 1 1")
        .stat(
            "/usr/share/initramfs-tools/scripts/init-top/00-vga-stub",
            "100755 0 0 1 1",
        );
    KERNELS.iter().fold(machine, |machine, kernel| {
        let image = format!("/boot/initrd.img-{kernel}");
        machine
            .file(&format!("/boot/vmlinuz-{kernel}"), "")
            .file(&image, "")
            .stat(&image, "100644 0 0 1000 2000")
            .file(
                &format!("/lib/modules/{kernel}/modules.dep"),
                "updates/dkms/vga_stub.ko:\n",
            )
    })
}

impl Bench {
    /// Makes one, with images of what is there.
    fn new(machine: Machine) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for path in ["etc/modprobe.d", "var/lib", "boot", "bin", "run"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        // Copied by another process: a program that a fork of another test has open for writing
        // cannot be run.
        let text = PROGRAM.replace("ROOT", root.to_str().unwrap());
        let (source, program) = (root.join("source"), root.join("bin/update-initramfs"));
        fs::write(&source, text).unwrap();
        let done = std::process::Command::new("install")
            .args(["-m", "755"])
            .args([&source, &program])
            .status();
        assert!(done.unwrap().success());
        fs::remove_file(&source).unwrap();
        fs::hard_link(&program, root.join("bin/rpm-ostree")).unwrap();
        let conf = "# the package's\nsoftdep i915 pre: vga_stub\n";
        fs::write(root.join("etc/modprobe.d/vga-stub.conf"), conf).unwrap();
        for kernel in KERNELS {
            let image = root.join(format!("boot/initrd.img-{kernel}"));
            fs::write(image, format!("file /etc/modprobe.d/vga-stub.conf\n{conf}")).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", root.join("bin").display());
        let site = Site::below(root, path.into());
        Self {
            site,
            directory,
            machine,
        }
    }

    /// Returns what is looked at.
    fn look(&self) -> Look<'_> {
        Look {
            machine: &self.machine,
            site: &self.site,
        }
    }

    /// Returns a path below it.
    fn at(&self, path: &str) -> std::path::PathBuf {
        self.site.at(path)
    }

    /// Plans a setup.
    fn plan(&self, words: &str) -> Result<plan::Plan, Trouble> {
        let args = Setup::try_parse_from(format!("setup {words}").split(' '))
            .unwrap_or_else(|error| panic!("{error}"))
            .args;
        let look = self.look();
        let host = Host::read(&look, &Wanted::default());
        let selected = card::resolve_all(&host, &args.cards).map_err(Trouble::Failed)?;
        let now = plan::now(&self.site, &look, true)?;
        plan::setup(&host, &look, now, &selected, &args)
    }

    /// Plans to take it back.
    fn plan_undo(&self, words: &str) -> Result<plan::Plan, Trouble> {
        let args = Undo::try_parse_from(format!("undo {words}").split_whitespace())
            .unwrap_or_else(|error| panic!("{error}"))
            .args;
        let look = self.look();
        let host = Host::read(&look, &Wanted::default());
        let now = plan::now(&self.site, &look, true)?;
        undo::undo(&host, &look, &now, &args)
    }

    /// Carries a plan out; says whether there was anything to do.
    fn carry_out(&self, plan: &plan::Plan) -> Result<bool, Trouble> {
        if !plan.refused.is_empty() {
            return Err(Trouble::Refused(show::text(plan, true)));
        }
        if !plan.change.is_needed() {
            apply::tidy(&self.site)?;
            return Ok(false);
        }
        apply::apply(&self.site, &self.look(), &plan.change, &mut |_| {})?;
        Ok(true)
    }

    /// Sets up.
    fn setup(&self, words: &str) -> Result<bool, Trouble> {
        self.carry_out(&self.plan(words)?)
    }

    /// Takes it back.
    fn undo(&self, words: &str) -> Result<bool, Trouble> {
        self.carry_out(&self.plan_undo(words)?)
    }

    /// Returns all files and directories, with what is in them.
    fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        let root = self.directory.path();
        walk(root, root, &mut tree);
        // It is gone at the next boot.
        tree.remove(LOCK.trim_start_matches('/'));
        tree
    }

    /// Returns the options file.
    fn options(&self) -> String {
        fs::read_to_string(self.at(OPTIONS)).unwrap_or_default()
    }
}

/// Collects what is in a directory.
fn walk(root: &Path, directory: &Path, tree: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let kind = fs::symlink_metadata(&path).unwrap();
        if kind.is_dir() {
            tree.insert(name, "directory".into());
            walk(root, &path, tree);
        } else if kind.is_symlink() {
            tree.insert(name, format!("-> {:?}", fs::read_link(&path).unwrap()));
        } else if kind.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            tree.insert(name, format!("{:o} {text}", kind.permissions().mode()));
        } else {
            tree.insert(name, "special".into());
        }
    }
}

/// Returns why something was refused.
fn refused<T: std::fmt::Debug>(result: Result<T, Trouble>) -> String {
    match result {
        Err(Trouble::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_set_up_and_taken_back() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    assert_eq!(bench.setup("01:00"), Ok(true));
    assert!(bench
        .options()
        .ends_with("options vga_stub devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba\n"));
    for kernel in KERNELS {
        let image = fs::read_to_string(bench.at(&format!("/boot/initrd.img-{kernel}"))).unwrap();
        assert!(image.contains(&bench.options()), "{kernel}");
    }
    // The check groups-changed reads this.
    let record = fs::read_to_string(bench.at(RECORD)).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        record["groups"],
        serde_json::json!({
            "0000:01:00.0": ["0000:01:00.0", "0000:01:00.1"],
            "0000:01:00.1": ["0000:01:00.0", "0000:01:00.1"],
        })
    );
    assert_eq!(record["pending"], false);

    let done = bench.tree();
    assert_eq!(bench.setup("01:00"), Ok(false), "nothing is to be done");
    assert_eq!(bench.tree(), done);
    assert_eq!(bench.undo(""), Ok(true));
    assert_eq!(bench.tree(), before);
    assert_eq!(bench.undo(""), Ok(false), "nothing is to be done");
    assert_eq!(bench.tree(), before);
}

#[test]
fn a_plan_changes_nothing() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    let plan = bench.plan("01:00").unwrap();
    let text = show::text(&plan, false);
    assert!(
        text.contains("update-initramfs -u -k 7.3.4+deb13-amd64\n"),
        "{text}"
    );
    assert!(
        text.contains("+ options vga_stub devices=00:01.0/00.0=10de:2684"),
        "{text}"
    );
    bench.plan_undo("").unwrap();
    assert_eq!(bench.tree(), before);
}

/// What is done before, what is killed, and what mends it.
type Verb = fn(&Bench) -> Result<bool, Trouble>;

/// Kills a verb before each of its steps, and has another one mend it. Returns how many steps there
/// are.
fn killed_at_each_step(
    before: Verb,
    verb: Verb,
    mend: Verb,
    like: &BTreeMap<String, String>,
) -> u32 {
    for steps in 0.. {
        let bench = Bench::new(fresh());
        before(&bench).unwrap();
        bench.site.kill_after(Some(steps));
        match verb(&bench) {
            Err(Trouble::Killed) => {}
            Ok(_) | Err(Trouble::Undone(_)) => return steps,
            other => panic!("step {steps}: {other:?}"),
        }
        bench.site.kill_after(None);
        fs::remove_file(bench.at("fail")).ok();
        let result = mend(&bench);
        assert!(result.is_ok(), "step {steps}: {result:?}");
        assert_eq!(&anonymous(&bench), like, "step {steps}");
    }
    0
}

/// Returns what is there, without the name of the directory.
fn anonymous(bench: &Bench) -> BTreeMap<String, String> {
    let mut tree = bench.tree();
    tree.retain(|name, _| !name.starts_with("bin"));
    tree
}

#[test]
fn killed_anywhere_it_is_mended() {
    let nothing: Verb = |_| Ok(false);
    let one: Verb = |bench| bench.setup("01:00");
    let two: Verb = |bench| bench.setup("00:02 --headless");
    let undo: Verb = |bench| bench.undo("");
    let fail: Verb = |bench| {
        fs::write(bench.at("fail"), KERNELS[1]).unwrap();
        bench.setup("01:00")
    };
    let bench = Bench::new(fresh());
    let empty = anonymous(&bench);
    one(&bench).unwrap();
    let with_one = anonymous(&bench);
    two(&bench).unwrap();
    let with_two = anonymous(&bench);
    assert!(with_two != with_one && with_one != empty);

    for (before, verb, mend, like) in [
        (nothing, one, undo, &empty),
        (nothing, one, one, &with_one),
        (one, two, two, &with_two),
        (one, two, undo, &empty),
        (one, undo, undo, &empty),
        (one, undo, one, &with_one),
        (nothing, fail, undo, &empty),
        (nothing, fail, one, &with_one),
    ] {
        // Record, file, two images, record: what is written takes two steps.
        assert!(killed_at_each_step(before, verb, mend, like) >= 7);
    }
}

#[test]
fn a_tool_that_fails_leaves_everything_as_it_was() {
    for at in KERNELS {
        let bench = Bench::new(fresh());
        fs::write(bench.at("fail"), at).unwrap();
        let before = bench.tree();
        let Err(Trouble::Undone(why)) = bench.setup("01:00") else {
            panic!();
        };
        assert_eq!(
            why,
            format!(
                "update-initramfs -u -k {at} failed (exit status: 1)\n  \
                 update-initramfs: Generating /boot/initrd.img-{at}\n  \
                 cpio: write error: No space left on device\n\
                 Everything is as it was before."
            )
        );
        assert_eq!(bench.tree(), before);
    }
}

#[test]
fn what_a_tool_made_before_it_failed_is_made_anew() {
    // As one does whose last hook fails.
    let late = |bench: &Bench, times: &str| {
        let text = format!(
            "#!/bin/sh\n{0}/bin/real \"$@\" || exit\n\
             count=$(cat {0}/count)\n[ \"$3\" != {1} ] || [ $count -eq 0 ] || {{\n\
             echo $((count - 1)) >{0}/count; exit 1; }}\n",
            bench.directory.path().display(),
            KERNELS[1]
        );
        fs::rename(bench.at("bin/update-initramfs"), bench.at("bin/real")).unwrap();
        let (source, program) = (bench.at("source"), bench.at("bin/update-initramfs"));
        fs::write(&source, text).unwrap();
        let install = std::process::Command::new("install")
            .args(["-m", "755"])
            .args([&source, &program])
            .status();
        assert!(install.unwrap().success());
        fs::remove_file(&source).unwrap();
        fs::write(bench.at("count"), times).unwrap();
    };
    let bench = Bench::new(fresh());
    late(&bench, "1");
    let mut before = bench.tree();
    let Err(Trouble::Undone(why)) = bench.setup("01:00") else {
        panic!();
    };
    assert!(why.ends_with("Everything is as it was before."), "{why}");
    before.insert("count".into(), "100644 0\n".into());
    assert_eq!(bench.tree(), before);

    // If that fails as well it is not said, and what is pending is remembered.
    let bench = Bench::new(fresh());
    late(&bench, "2");
    let mut before = bench.tree();
    before.insert("count".into(), "100644 0\n".into());
    let Err(Trouble::Undone(why)) = bench.setup("01:00") else {
        panic!();
    };
    assert!(why.contains("It could not all be put back"), "{why}");
    assert!(!bench.at(OPTIONS).exists() && bench.at(RECORD).exists());
    assert_eq!(bench.undo(""), Ok(true));
    assert_eq!(bench.tree(), before);
}

#[test]
fn what_is_written_while_a_tool_runs_is_not_lost() {
    let bench = Bench::new(fresh());
    let plan = bench.plan("01:00").unwrap();
    fs::write(bench.at("fail"), KERNELS[1]).unwrap();
    let mut tell = |step: &str| {
        if step.ends_with(KERNELS[1]) {
            fs::write(bench.at(OPTIONS), "# mine\n").unwrap();
        }
    };
    let result = apply::apply(&bench.site, &bench.look(), &plan.change, &mut tell);
    let Err(Trouble::Undone(why)) = result else {
        panic!("{result:?}");
    };
    assert!(why.contains("somebody has changed"), "{why}");
    assert_eq!(bench.options(), "# mine\n");
}

#[test]
fn a_tool_that_fails_when_it_is_taken_back() {
    let bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    let before = bench.tree();
    fs::write(bench.at("fail"), KERNELS[0]).unwrap();
    assert!(matches!(bench.undo(""), Err(Trouble::Undone(_))));
    fs::remove_file(bench.at("fail")).unwrap();
    assert_eq!(bench.tree(), before);
}

#[test]
fn what_a_tool_says_is_not_believed() {
    let bench = Bench::new(fresh());
    fs::write(bench.at("lazy"), "").unwrap();
    let Err(Trouble::Undone(why)) = bench.setup("01:00") else {
        panic!();
    };
    assert!(
        why.contains("is as it was: no program has made it anew"),
        "{why}"
    );
    // What is not finished is not called so, and the next one goes on.
    fs::remove_file(bench.at("lazy")).unwrap();
    assert_eq!(bench.setup("01:00"), Ok(true));
    assert_eq!(bench.setup("01:00"), Ok(false));
}

#[test]
fn cards_are_added_and_taken_back_one_by_one() {
    let bench = Bench::new(fresh());
    bench.setup("01:00.0").unwrap();
    assert!(bench
        .options()
        .ends_with("devices=00:01.0/00.0=10de:2684\n"));
    bench.setup("01:00.1").unwrap();
    let both = "devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba";
    assert!(bench.options().ends_with(&format!("{both}\n")));
    bench.setup("00:02 --headless").unwrap();
    assert!(bench
        .options()
        .ends_with(&format!("{both},00:02.0=8086:a780\n")));
    bench.undo("01:00").unwrap();
    assert!(bench.options().ends_with("devices=00:02.0=8086:a780\n"));
    let Err(Trouble::Failed(why)) = bench.undo("01:00") else {
        panic!();
    };
    assert_eq!(why, "01:00 was not set up by vga-stub setup");
    bench.undo("00:02.*").unwrap();
    assert!(!bench.at(OPTIONS).exists());
}

#[test]
fn what_the_host_lives_on_is_not_set_up() {
    let machine = fresh()
        .function("0000:01:00.2", "0000:00:01.0", "10de", "1ad8", "0c0330")
        .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:01:00.2"])
        .file(
            "/proc/self/mountinfo",
            "29 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
        )
        .link(
            "/sys/dev/block/8:1",
            "../../devices/pci0000:00/0000:00:01.0/0000:01:00.2/usb3/3-1/block/sda/sda1",
        );
    let bench = Bench::new(machine);
    let before = bench.tree();
    let why = refused(bench.setup("01:00"));
    assert!(why.contains("01:00.2 has the root file system"), "{why}");
    assert!(why.contains("--functions LIST"), "{why}");
    assert_eq!(bench.tree(), before);
    assert_eq!(bench.setup("01:00 --functions 0,1"), Ok(true));
}

#[test]
fn what_is_to_be_typed_can_be_typed() {
    let bench = Bench::new(fresh());
    let text = show::text(&bench.plan("00:01.0/00.*").unwrap(), false);
    let line = "sudo vga-stub setup '00:01.0/00.*' --apply\n";
    assert!(text.contains(line), "{text}");
    bench.setup("01:00").unwrap();
    let text = show::text(&bench.plan_undo("00:01.0/00.*").unwrap(), false);
    let line = "sudo vga-stub undo '00:01.0/00.*' --apply\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn all_are_all_that_were_set_up() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    bench.setup("01:00").unwrap();
    bench.setup("00:02.* --headless").unwrap();
    assert_eq!(bench.undo("all"), Ok(true));
    assert_eq!(bench.tree(), before);
}

#[test]
fn the_slot_is_of_the_card_that_has_it_now() {
    let mut bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    let one = bench.options();
    // A card was put in before it, and has its number.
    bench.machine = fresh()
        .gone("/sys/bus/pci/devices/0000:01:00.0")
        .gone("/sys/bus/pci/devices/0000:01:00.1")
        .function("0000:00:05.0", "", "8086", "a70d", "060400")
        .card("0000:01:00.0", "0000:00:05.0", "1002", "744c", "030000");
    bench.setup("01:00").unwrap();
    assert!(bench.options().contains("1002:744c"), "{}", bench.options());
    bench.undo("01:00").unwrap();
    assert_eq!(bench.options(), one);
}

#[test]
fn a_card_that_has_moved_is_not_named_twice() {
    let mut bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    bench.machine = fresh()
        .gone("/sys/bus/pci/devices/0000:01:00.0")
        .gone("/sys/bus/pci/devices/0000:01:00.1")
        .card("0000:05:00.0", "0000:00:03.0", "10de", "2684", "030000")
        .card("0000:05:00.1", "0000:00:03.0", "10de", "22ba", "040300");
    bench.setup("05:00").unwrap();
    assert!(bench
        .options()
        .ends_with("devices=00:03.0/00.0=10de:2684,00:03.0/00.1=10de:22ba\n"));
    assert!(!bench.options().contains("00:01.0"));
}

#[test]
fn some_functions_by_ids() {
    let bench = Bench::new(fresh());
    bench.setup("01:00 --functions 1 --by-id").unwrap();
    assert!(bench
        .options()
        .ends_with("options vga_stub ids=10de:22ba\n"));
    bench.setup("01:00.1 --all-functions").unwrap();
    assert!(!bench.options().contains("ids"), "{}", bench.options());
    assert!(
        matches!(bench.setup("01:00 --functions 1,7"), Err(Trouble::Failed(why))
        if why == "01:00 has no function 7")
    );
}

#[test]
fn softdep_lines_only_where_nothing_else_does_it() {
    let hook = "/usr/share/initramfs-tools/scripts/init-top/00-vga-stub";
    let bench = Bench::new(fresh().gone(hook));
    bench.setup("01:00").unwrap();
    assert!(bench
        .options()
        .ends_with("softdep nouveau pre: vga_stub\nsoftdep snd_hda_intel pre: vga_stub\n"));
    let conf = "softdep nouveau pre: vga_stub\n";
    let machine = fresh()
        .gone(hook)
        .file("/etc/modprobe.d/vga-stub.conf", conf);
    let bench = Bench::new(machine);
    bench.setup("01:00").unwrap();
    assert!(!bench.options().contains("softdep nouveau"));
    assert!(bench.options().contains("softdep snd_hda_intel"));
    let bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    assert!(!bench.options().contains("softdep"));
}

#[test]
fn images_that_are_left_are_made_later() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    bench.setup("01:00 --no-initramfs").unwrap();
    let image = format!("boot/initrd.img-{}", KERNELS[0]);
    assert_eq!(bench.tree().get(&image), before.get(&image));
    assert_eq!(bench.setup("01:00 --no-initramfs"), Ok(false));
    assert_eq!(bench.setup("01:00"), Ok(true));
    assert_ne!(bench.tree().get(&image), before.get(&image));
    assert_eq!(bench.setup("01:00"), Ok(false));
}

#[test]
fn each_refusal_has_its_name_and_a_way_on() {
    let only = fresh().gone("/sys/bus/pci/devices/0000:00:02.0");
    let stranger = fresh()
        .function("0000:05:00.0", "00:01.0", "8086", "1521", "020000")
        .driver("0000:05:00.0", "igb")
        .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:05:00.0"])
        .file("/proc/net/route", "Iface Destination\neth0 00000000 0102\n")
        .link(
            "/sys/class/net/eth0",
            "../../devices/pci0000:00/0000:05:00.0/net/eth0",
        );
    let unbuilt = fresh().file(&format!("/lib/modules/{}/modules.dep", KERNELS[1]), "");
    let secure = fresh()
        .bytes(
            "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
            &[6, 0, 0, 0, 1],
        )
        .query("mok-key", "/var/lib/dkms/mok.pub is not enrolled\n");
    let mapped = fresh().file(
        "/sys/kernel/iommu_groups/14/reserved_regions",
        "0x000000007b800000 0x000000007fffffff direct\n",
    );
    let elsewhere = fresh().file(
        "/etc/modprobe.d/x.conf",
        "options vga-stub devices=00:02.0\n",
    );
    let line = fresh().file("/proc/cmdline", "quiet vga_stub.devices=00:02.0\n");
    for (machine, name, way) in [
        (&only, "[only-display]", "vga-stub setup 01:00 --headless"),
        (&stranger, "[group-stranger]", "Try another slot"),
        (
            &unbuilt,
            "[dkms-kernel]",
            "dkms autoinstall -k 7.3.4+deb13-amd64",
        ),
        (
            &secure,
            "[secure-boot]",
            "mokutil --import /var/lib/dkms/mok.pub",
        ),
        (&mapped, "[rmrr]", "Update the firmware"),
        (
            &elsewhere,
            "/etc/modprobe.d/x.conf:1 also has devices=",
            "Take it out there",
        ),
        (
            &line,
            "/proc/cmdline also has devices=",
            "Take it out there",
        ),
    ] {
        let bench = Bench::new(machine.clone());
        let before = bench.tree();
        let why = refused(bench.setup("01:00"));
        assert!(why.contains(name) && why.contains(way), "{why}");
        assert_eq!(bench.tree(), before, "{name}");
    }
    let bench = Bench::new(only);
    assert_eq!(bench.setup("01:00 --headless"), Ok(true));
}

#[test]
fn more_than_the_kernel_takes_is_refused() {
    let mut machine = fresh();
    let mut cards = String::new();
    for slot in 1..=8 {
        for function in 0..8 {
            let name = format!("0000:a0:{slot:02x}.{function}");
            machine = machine.card(&name, "", "10de", "2684", "030000");
        }
        cards += &format!("a0:{slot:02x} ");
    }
    let bench = Bench::new(machine);
    let why = refused(bench.setup(cards.trim_end()));
    assert!(
        why.contains("devices= has 1151 bytes; the kernel takes 1023"),
        "{why}"
    );
    assert!(why.contains("name fewer cards"), "{why}");
}

#[test]
fn what_is_in_the_files_place_is_not_touched() {
    let text = "x\n".repeat(1 << 19);
    let foreign = "options vga_stub devices=01:00.0";
    for (what, says) in [
        ("link", "is a symbolic link to /etc/passwd"),
        ("loop", "is a symbolic link to vga-stub-cards.conf"),
        ("directory", "is a directory"),
        ("pipe", "is a device or a pipe"),
        ("large", "is larger than 262144 bytes"),
        ("binary", "is no text"),
        ("foreign", "was not written by vga-stub setup"),
        ("empty", "was not written by vga-stub setup"),
    ] {
        let bench = Bench::new(fresh());
        let path = bench.at(OPTIONS);
        match what {
            "link" => symlink("/etc/passwd", &path).unwrap(),
            "loop" => symlink("vga-stub-cards.conf", &path).unwrap(),
            "directory" => fs::create_dir(&path).unwrap(),
            "pipe" => {
                let words = ["mkfifo".to_owned(), path.display().to_string()];
                bench.site.run(&words, None).unwrap();
            }
            "large" => fs::write(&path, &text).unwrap(),
            "binary" => fs::write(&path, [0xff, 0xfe, 0]).unwrap(),
            "foreign" => fs::write(&path, foreign).unwrap(),
            _ => fs::write(&path, "").unwrap(),
        }
        let before = bench.tree();
        let why = refused(bench.setup("01:00"));
        assert!(
            why.contains(says) && why.contains("nothing was changed"),
            "{what}: {why}"
        );
        let why = refused(bench.undo(""));
        assert!(
            why.contains(says) && why.contains("nothing was changed"),
            "{what}: {why}"
        );
        refused(bench.undo("--force"));
        assert_eq!(bench.tree(), before, "{what}");
    }
}

#[test]
fn what_was_edited_is_lost_by_force_only() {
    let no_newline = |text: &str| text.trim_end().to_owned();
    let more = |text: &str| format!("{text}options vga_stub rom=no\n");
    let less = |text: &str| text.replace("=10de:2684", "");
    let edits: [&dyn Fn(&str) -> String; 3] = [&no_newline, &more, &less];
    for edit in edits {
        let bench = Bench::new(fresh());
        let original = bench.tree();
        bench.setup("01:00").unwrap();
        fs::write(bench.at(OPTIONS), edit(&bench.options())).unwrap();
        let before = bench.tree();
        for why in [refused(bench.setup("01:00")), refused(bench.undo(""))] {
            assert!(why.contains("was edited since"), "{why}");
            assert!(why.contains("vga-stub undo --force --apply"), "{why}");
        }
        assert_eq!(bench.tree(), before);
        assert_eq!(bench.undo("--force"), Ok(true));
        assert_eq!(bench.tree(), original);
    }
}

#[test]
fn what_cannot_be_read_beside_it_is_told() {
    let machine = fresh()
        .file("/etc/modprobe.d/mine.conf", "")
        .denied("/etc/modprobe.d/mine.conf");
    let bench = Bench::new(machine);
    let text = show::text(&bench.plan("01:00").unwrap(), true);
    assert!(
        text.contains("not looked at: what /etc/modprobe.d/mine.conf says"),
        "{text}"
    );
}

#[test]
fn a_lost_record_loses_nothing() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    bench.setup("01:00").unwrap();
    fs::remove_dir_all(bench.at("/var/lib/vga-stub")).unwrap();
    bench.setup("00:02 --headless").unwrap();
    assert!(bench.options().contains("10de:2684") && bench.options().contains("8086:a780"));
    fs::remove_dir_all(bench.at("/var/lib/vga-stub")).unwrap();
    assert_eq!(bench.undo(""), Ok(true));
    assert_eq!(bench.tree(), before);
    // The file is what somebody has removed: the images have it still.
    bench.setup("01:00").unwrap();
    fs::remove_file(bench.at(OPTIONS)).unwrap();
    assert_eq!(bench.undo(""), Ok(true));
    assert_eq!(bench.tree(), before);
}

#[test]
fn a_record_that_is_none() {
    let bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    for text in ["", "{", "{\"schema\":1}", "{\"schema\":2}"] {
        fs::write(bench.at(RECORD), text).unwrap();
        let before = bench.tree();
        let why = refused(bench.undo(""));
        assert!(why.contains("is no record of vga-stub setup"), "{why}");
        assert_eq!(bench.tree(), before);
    }
    fs::remove_file(bench.at(RECORD)).unwrap();
    assert_eq!(bench.undo(""), Ok(true));
}

#[test]
fn there_is_no_directory_for_it() {
    let bench = Bench::new(fresh());
    fs::remove_dir_all(bench.at("/etc/modprobe.d")).unwrap();
    for kernel in KERNELS {
        let words = ["update-initramfs", "-u", "-k", kernel].map(str::to_owned);
        bench.site.run(&words, None).unwrap();
    }
    let before = bench.tree();
    bench.setup("01:00").unwrap();
    bench.undo("").unwrap();
    assert_eq!(bench.tree(), before);
    // Or something else has its name.
    fs::write(bench.at("/etc/modprobe.d"), "").unwrap();
    let before = bench.tree();
    assert!(bench.setup("01:00").is_err());
    assert_eq!(bench.tree(), before);
}

#[test]
fn nobody_else_can_keep_the_lock() {
    let bench = Bench::new(fresh());
    bench.setup("01:00").unwrap();
    let mode = |path: &str| fs::metadata(bench.at(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(LOCK), 0o600);
    // Whoever may look at the record may lock it, and its directory, to no end.
    assert_eq!(mode(RECORD), 0o644);
    for path in ["/var/lib/vga-stub", RECORD, "/etc/modprobe.d", OPTIONS] {
        let file = fs::File::open(bench.at(path)).unwrap();
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
        assert_eq!(bench.setup("00:02.* --headless"), Ok(true), "{path}");
        bench.undo("00:02.*").unwrap();
    }
}

#[test]
fn what_is_refused_makes_no_directory() {
    let bench = Bench::new(fresh());
    let plan = bench.plan("01:00").unwrap();
    fs::write(bench.at(OPTIONS), "# mine\n").unwrap();
    let before = bench.tree();
    refused(bench.carry_out(&plan));
    assert_eq!(bench.tree(), before);
}

#[test]
fn two_at_once() {
    let bench = Bench::new(fresh());
    let (one, two) = (bench.plan("01:00").unwrap(), bench.plan("01:00").unwrap());
    let lock = bench.site.lock().unwrap();
    let why = refused(bench.carry_out(&one));
    assert!(
        why.contains("another vga-stub setup or undo is at work"),
        "{why}"
    );
    drop(lock);
    bench.carry_out(&one).unwrap();
    let before = bench.tree();
    let why = refused(bench.carry_out(&two));
    assert!(
        why.contains("somebody has changed the setup meanwhile"),
        "{why}"
    );
    assert_eq!(bench.tree(), before);
}

#[test]
fn somebody_else_writes_meanwhile() {
    let bench = Bench::new(fresh());
    let plan = bench.plan("01:00").unwrap();
    fs::write(bench.at(OPTIONS), "options vga_stub ids=1:2\n").unwrap();
    let why = refused(bench.carry_out(&plan));
    assert!(
        why.contains("somebody has changed the setup meanwhile"),
        "{why}"
    );
    assert_eq!(bench.options(), "options vga_stub ids=1:2\n");
}

#[test]
fn what_outlives_a_killed_command_is_waited_for() {
    let bench = Bench::new(fresh());
    let lock = bench.site.lock().unwrap();
    let words = ["sh", "-c", "setsid -f sleep 4 >/dev/null 2>&1"].map(str::to_owned);
    bench.site.run(&words, Some(&lock)).unwrap();
    drop(lock);
    let why = refused(bench.setup("01:00"));
    assert!(why.contains("or what it has run"), "{why}");
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(bench.setup("01:00"), Ok(true));
}

#[test]
fn an_image_based_system_has_words_on_its_command_line() {
    let machine = fresh().stat("/run/ostree-booted", "100644 0 0 0 0");
    let bench = Bench::new(machine);
    let before = bench.tree();
    bench.setup("01:00").unwrap();
    let words = || fs::read_to_string(bench.at("kargs")).unwrap();
    let one = "vga_stub.devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba";
    assert_eq!(words(), format!("{one}\n"));
    assert_eq!(bench.setup("01:00"), Ok(false));
    bench.setup("00:02 --headless").unwrap();
    assert_eq!(words(), format!("{one},00:02.0=8086:a780\n"));
    assert!(!bench.at(OPTIONS).exists());
    bench.undo("").unwrap();
    assert_eq!(words(), "");
    fs::remove_file(bench.at("kargs")).unwrap();
    assert_eq!(bench.tree(), before);
}

#[test]
fn an_image_based_system_whose_record_is_lost() {
    let one = "vga_stub.devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba";
    let booted = |word: &str| {
        fresh()
            .stat("/run/ostree-booted", "100644 0 0 0 0")
            .file("/proc/cmdline", &format!("ro {word} quiet\n"))
    };
    let bench = Bench::new(booted(one));
    let kargs = || fs::read_to_string(bench.at("kargs")).unwrap();
    fs::write(bench.at("kargs"), format!("quiet\n{one}\n")).unwrap();
    // The same card is adopted.
    bench.setup("01:00").unwrap();
    assert_eq!(kargs(), format!("quiet\n{one}\n"));
    assert_eq!(bench.setup("01:00"), Ok(false));
    fs::remove_file(bench.at(RECORD)).unwrap();
    // Another is not: only the last word would count.
    let why = refused(bench.setup("00:02 --headless"));
    assert!(why.contains("vga-stub undo --force --apply"), "{why}");
    // Nobody knows whose word it is.
    let why = refused(bench.undo(""));
    assert!(
        why.contains(one) && why.contains("vga-stub undo --force --apply"),
        "{why}"
    );
    assert_eq!(kargs(), format!("quiet\n{one}\n"));
    assert_eq!(bench.undo("--force"), Ok(true));
    assert_eq!(kargs(), "quiet\n");
    assert!(!bench.at(RECORD).exists());
    // What nobody has set up needs no force.
    let bench = Bench::new(fresh().stat("/run/ostree-booted", "100644 0 0 0 0"));
    assert_eq!(bench.undo(""), Ok(false));
}

#[test]
fn one_function_is_taken_back() {
    for by_id in ["", " --by-id"] {
        let bench = Bench::new(fresh());
        let before = bench.tree();
        bench.setup(&format!("01:00{by_id}")).unwrap();
        assert_eq!(bench.undo("01:00.1"), Ok(true));
        let text = fs::read_to_string(bench.at(OPTIONS)).unwrap();
        assert!(
            text.contains("10de:2684") && !text.contains("22ba"),
            "{text}"
        );
        assert!(!text.contains("snd_hda_intel"), "{text}");
        assert_eq!(
            bench.setup(&format!("01:00.0{by_id}")),
            Ok(false),
            "it stays as it was"
        );
        let Err(Trouble::Failed(why)) = bench.undo("01:00.1") else {
            panic!()
        };
        assert_eq!(why, "01:00.1 was not set up by vga-stub setup");
        // The last one takes all with it.
        assert_eq!(bench.undo("0000:01:00.0"), Ok(true));
        assert_eq!(bench.tree(), before);
        bench.setup(&format!("01:00{by_id}")).unwrap();
        assert_eq!(bench.undo("01:00.0 01:00.1"), Ok(true));
        assert_eq!(bench.tree(), before);
    }
    // What has to wait for vga_stub no longer has to.
    let hook = "/usr/share/initramfs-tools/scripts/init-top/00-vga-stub";
    let bench = Bench::new(fresh().gone(hook));
    bench.setup("01:00").unwrap();
    assert!(bench
        .options()
        .contains("softdep snd_hda_intel pre: vga_stub\n"));
    bench.undo("01:00.1").unwrap();
    assert!(bench
        .options()
        .ends_with("\nsoftdep nouveau pre: vga_stub\n"));
    assert!(!bench.options().contains("snd_hda_intel"));
    // It is no longer there.
    for name in ["01:00.1", "00:01.0/00.1"] {
        let mut bench = Bench::new(fresh());
        bench.setup("01:00").unwrap();
        bench.machine = bench
            .machine
            .clone()
            .gone("/sys/bus/pci/devices/0000:01:00.1");
        assert_eq!(bench.undo(name), Ok(true), "{name}");
        let text = fs::read_to_string(bench.at(OPTIONS)).unwrap();
        assert!(
            text.contains("10de:2684") && !text.contains("22ba"),
            "{text}"
        );
    }
}

#[test]
fn the_kernel_command_line_is_the_users() {
    let bench = Bench::new(fresh());
    let before = bench.tree();
    let plan = bench.plan("01:00 --kernel-command-line").unwrap();
    assert_eq!(
        show::text(&plan, false),
        "Nothing is written: the boot loader's configuration is yours. This belongs into\n\
         its kernel command line:\n\n\
         vga_stub.devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba\n\n\
         The same for modprobe:  sudo vga-stub setup 01:00 --apply\n\
         Do one of the two: only the last one counts.\n"
    );
    assert!(!plan.change.is_needed());
    let json = serde_json::to_value(show::Json::new(&plan, false)).unwrap();
    assert_eq!(
        json["words"][0],
        "vga_stub.devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba"
    );
    assert_eq!(bench.setup("01:00 --kernel-command-line"), Ok(false));
    assert_eq!(bench.tree(), before);
    // What forbids a setup forbids this.
    let only = Bench::new(fresh().gone("/sys/bus/pci/devices/0000:00:02.0"));
    let plan = only.plan("01:00 --kernel-command-line").unwrap();
    assert_eq!(plan.refused.len(), 1);
    assert!(show::text(&plan, true).starts_with("Nothing has been changed: it is refused."));
    // What setup has written would count, or this.
    bench.setup("01:00").unwrap();
    let why = refused(bench.plan("01:00 --kernel-command-line"));
    assert!(why.contains("vga-stub undo --apply"), "{why}");
}

#[test]
fn nothing_is_written_on_nixos() {
    let machine = fresh().file("/etc/os-release", "PRETTY_NAME=\"NixOS\"\nID=nixos\n");
    let bench = Bench::new(machine);
    let plan = bench.plan("01:00").unwrap();
    let text = show::text(&plan, false);
    assert!(
        text.contains("boot.initrd.kernelModules = [ \"vga_stub\" ];"),
        "{text}"
    );
    assert!(
        text.contains("  options vga_stub devices=00:01.0/00.0=10de:2684"),
        "{text}"
    );
}

#[test]
fn other_tools_make_images_too() {
    let commands = |machine: Machine| -> Vec<String> {
        let bench = Bench::new(machine);
        let plan = bench.plan("01:00").unwrap();
        let commands = plan.change.commands.iter();
        commands.map(|words| words.join(" ")).collect()
    };
    let without = || fresh().gone("/usr/sbin/update-initramfs");
    assert_eq!(
        commands(without().stat("/usr/bin/dracut", "100755 0 0 1 1")),
        [
            "dracut --force --kver 7.2.12+deb13-amd64",
            "dracut --force --kver 7.3.4+deb13-amd64"
        ]
    );
    assert_eq!(
        commands(without().stat("/usr/bin/mkinitcpio", "100755 0 0 1 1")),
        ["mkinitcpio -P"]
    );
    let bench = Bench::new(without());
    let why = refused(bench.plan("01:00"));
    assert!(why.contains("has to be made anew"), "{why}");
    assert_eq!(bench.setup("01:00 --no-initramfs"), Ok(true));
}
