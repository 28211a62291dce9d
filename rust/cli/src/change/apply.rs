// SPDX-License-Identifier: GPL-2.0

//! Does a change.
//!
//! The record says that something is pending before anything else changes, and that it is done after
//! everything has. Whoever finds a pending record knows that the images may not be as the options
//! file, which is always whole, and has them made anew: so a change that was killed anywhere is
//! mended by the next one, in whichever direction.

use super::{
    site::{
        Lock,
        Site,
        Trouble, //
    },
    Change,
    Words,
    OPTIONS,
    RECORD, //
};
use crate::facts::{
    Datum,
    Query,
    Source, //
};

/// Does a change; says each step to `tell` before it is taken.
pub(crate) fn apply(
    site: &Site,
    source: &dyn Source,
    change: &Change,
    tell: &mut dyn FnMut(&str),
) -> Result<(), Trouble> {
    let (state, _) = RECORD.rsplit_once('/').unwrap_or(("", RECORD));
    let (directory, _) = OPTIONS.rsplit_once('/').unwrap_or(("", OPTIONS));
    // Our own directory goes when it is empty, whoever has made it.
    let mut made = Vec::new();
    let lock = site.lock()?;
    let was = change.was.as_ref().map(|record| record.write());
    let was = was.transpose().map_err(Trouble::Failed)?;
    if site.read(OPTIONS)? != change.before || site.read(RECORD)? != was {
        return Err(Trouble::Refused(
            "somebody has changed the setup meanwhile; nothing was changed. Try again".into(),
        ));
    }
    site.make_directory(state)?;
    site.clear(RECORD)?;
    // What is pending: all that may be there, before and after.
    let mut pending = change
        .will
        .clone()
        .or_else(|| change.was.clone())
        .unwrap_or_default();
    pending.schema = 1;
    pending.pending = true;
    for record in change.was.iter().chain(&change.will) {
        for word in &record.words {
            if !pending.words.contains(word) {
                pending.words.push(word.clone());
            }
        }
        for path in &record.made {
            if !made.contains(path) {
                made.push(path.clone());
            }
        }
    }
    if change.after.is_some() {
        made.extend(site.missing(directory));
    }
    pending.made.clone_from(&made);
    site.write(RECORD, &pending.write().map_err(Trouble::Failed)?)?;
    if change.after.is_some() {
        site.make_directory(directory)?;
    }
    site.clear(OPTIONS)?;
    let stamps: Vec<_> = change
        .images
        .iter()
        .map(|image| site.stamp(&image.path))
        .collect();
    let mut begun: Vec<Words> = Vec::new();
    let mut carry_out = || -> Result<(), Trouble> {
        put(site, change.before.as_ref(), change.after.as_ref(), tell)?;
        for words in &change.commands {
            tell(&format!("run     {}", words.join(" ")));
            begun.push(words.clone());
            site.run(words, Some(&lock))?;
        }
        Ok(())
    };
    match carry_out() {
        Ok(()) => {}
        #[cfg(test)]
        Err(Trouble::Killed) => return Err(Trouble::Killed),
        Err(Trouble::Failed(why) | Trouble::Undone(why) | Trouble::Refused(why)) => {
            // What it has failed for in the end may be all that it had to do, but for the last of it.
            if is_untouched(site, change, &stamps, begun.len()) {
                begun.pop();
            }
            return Err(take_back(site, &lock, change, &made, &begun, &why, tell));
        }
    }
    read_back(site, source, change, &stamps)?;
    finish(site, change.will.as_ref(), &made)
}

/// Returns whether the image of the last command that was begun is as it was. Which images a command
/// makes is only known where each makes one.
fn is_untouched(
    site: &Site,
    change: &Change,
    stamps: &[Option<(u64, i64, i64)>],
    begun: usize,
) -> bool {
    let Some(last) = begun.checked_sub(1) else {
        return true;
    };
    change.images.len() == change.commands.len()
        && match (change.images.get(last), stamps.get(last)) {
            (Some(image), Some(stamp)) => site.stamp(&image.path) == *stamp,
            _ => false,
        }
}

/// Writes the options file, or removes it.
fn put(
    site: &Site,
    from: Option<&String>,
    to: Option<&String>,
    tell: &mut dyn FnMut(&str),
) -> Result<(), Trouble> {
    if from == to {
        return Ok(());
    }
    match to {
        Some(text) => {
            tell(&format!("write   {OPTIONS}"));
            site.write(OPTIONS, text)
        }
        None => {
            tell(&format!("remove  {OPTIONS}"));
            site.remove(OPTIONS)
        }
    }
}

/// Says that a change is done: the record becomes what it is to be, and directories that were made
/// go with the last of it.
fn finish(
    site: &Site,
    record: Option<&super::record::Record>,
    made: &[String],
) -> Result<(), Trouble> {
    match record {
        Some(record) => {
            let mut record = record.clone();
            record.made = made.to_vec();
            site.write(RECORD, &record.write().map_err(Trouble::Failed)?)
        }
        None => {
            site.remove(RECORD)?;
            for path in made.iter().rev() {
                site.remove_directory(path)?;
            }
            tidy_locked(site)
        }
    }
}

/// Removes what a command that was killed has left: files that were not whole yet, and our directory
/// if nothing is in it.
pub(crate) fn tidy(site: &Site) -> Result<(), Trouble> {
    let _lock = site.lock()?;
    tidy_locked(site)
}

/// Does the same for who has the lock.
fn tidy_locked(site: &Site) -> Result<(), Trouble> {
    let (state, _) = RECORD.rsplit_once('/').unwrap_or(("", RECORD));
    site.clear(OPTIONS)?;
    site.clear(RECORD)?;
    site.remove_directory(state)
}

/// Puts the options file back after a program has failed, and has the images made anew that have
/// been made of the other one. Returns what to say.
fn take_back(
    site: &Site,
    lock: &Lock,
    change: &Change,
    made: &[String],
    begun: &[Words],
    why: &str,
    tell: &mut dyn FnMut(&str),
) -> Trouble {
    let mut back = || -> Result<(), Trouble> {
        let now = site.read(OPTIONS)?;
        if now != change.before && now != change.after {
            return Err(Trouble::Refused(format!(
                "somebody has changed {OPTIONS} meanwhile, and it was left so"
            )));
        }
        if now != change.before {
            put(site, change.after.as_ref(), change.before.as_ref(), tell)?;
        }
        // A command line that was not changed needs nothing.
        if change.words.is_none() {
            for words in begun {
                tell(&format!("run     {}", words.join(" ")));
                site.run(words, Some(lock))?;
            }
        }
        match &change.was {
            // As it was, word for word.
            Some(record) => site.write(RECORD, &record.write().map_err(Trouble::Failed)?),
            None => finish(site, None, made),
        }
    };
    match back() {
        Ok(()) => Trouble::Undone(format!("{why}\nEverything is as it was before.")),
        Err(Trouble::Failed(more) | Trouble::Refused(more) | Trouble::Undone(more)) => {
            Trouble::Undone(format!(
                "{why}\nIt could not all be put back: {more}\n\
             When that is mended, take it back: vga-stub undo --apply"
            ))
        }
        #[cfg(test)]
        Err(Trouble::Killed) => Trouble::Killed,
    }
}

/// Reads back what is, and says what is not as it was to be.
fn read_back(
    site: &Site,
    source: &dyn Source,
    change: &Change,
    stamps: &[Option<(u64, i64, i64)>],
) -> Result<(), Trouble> {
    let wrong = |what: String| {
        Err(Trouble::Undone(format!(
            "{what}\nTry again, or take it back: vga-stub undo --apply"
        )))
    };
    if site.read(OPTIONS)? != change.after {
        return wrong(format!("{OPTIONS} is not what was written"));
    }
    let (_, name) = OPTIONS.rsplit_once('/').unwrap_or(("", OPTIONS));
    for (image, stamp) in change.images.iter().zip(stamps) {
        if site.stamp(&image.path) == *stamp {
            return wrong(format!(
                "{} is as it was: no program has made it anew",
                image.path
            ));
        }
        let Some(holds) = image.holds else { continue };
        let Datum::Known(files) = source.query(&Query::Image(image.path.clone())) else {
            continue;
        };
        if files.lines().any(|file| file.ends_with(name)) != holds {
            let verb = if holds { "lacks" } else { "still has" };
            return wrong(format!("{} was made anew, and {verb} {name}", image.path));
        }
    }
    if let Some((there, gone)) = &change.words {
        let now = site.run(&["rpm-ostree".into(), "kargs".into()], None)?;
        let mut now = now.split_whitespace();
        let lacks = there
            .iter()
            .any(|word| !now.clone().any(|found| found == word));
        if lacks || now.any(|found| gone.iter().any(|word| word == found)) {
            return wrong("rpm-ostree kargs does not show what was asked for".into());
        }
    }
    Ok(())
}
