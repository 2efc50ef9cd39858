//! Whose a file is that cannot be used, and what to type so that it can.
//!
//! One `sudo easeback` is enough to leave root's files in a person's folders, and a bare "Permission denied" helps
//! nobody who lies on the floor.

use super::Error;
use rustix::process::geteuid;
use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// What the system says for an owner that this user namespace does not know.
const NOBODY_UID: u32 = 65534;
const ROOT_UID: u32 = 0;
/// What a person needs of a folder and of a file of their own.
const FOLDER_BITS: u32 = 0o700;
const FILE_BITS: u32 = 0o600;

/// The name of a user, as far as the system knows one.
pub(crate) fn user_name(id: u32) -> String {
    uzers::get_user_by_uid(id)
        .map_or_else(|| format!("user {id}"), |user| user.name().to_string_lossy().into_owned())
}

/// Why this process is to write nothing there, if that is so: it is root, and the first owner on the way up who is
/// neither root nor nobody is a person who could not use it.
pub(crate) fn closed_to_root(path: &Path) -> Option<Error> {
    if !geteuid().is_root() {
        return None;
    }
    let mut known = path.ancestors().filter_map(|at| Some((at, fs::metadata(at).ok()?.uid())));
    let (at, owner) = known.find(|(_, owner)| ![ROOT_UID, NOBODY_UID].contains(owner))?;
    let owner = user_name(owner);
    let theirs =
        if at == path { format!("belongs to {owner}") } else { format!("is in a folder of {owner}'s") };
    let path = path.display();
    Some(Error::failed(format!(
        "you are root, and {path} {theirs}, who could not use what root creates there"
    )))
}

/// Why this process is not allowed to use a path, and what to type, as far as that can be told; nothing for another
/// kind of failure.
pub(crate) fn explain_permission(path: &Path, why: &io::Error) -> Option<(String, Option<String>)> {
    let me = geteuid();
    if me.is_root() || why.kind() != io::ErrorKind::PermissionDenied {
        return None;
    }
    let is_mine = |facts: &Metadata| facts.uid() == me.as_raw();
    // From the path up; below what cannot be searched, nothing is known.
    let known: Vec<(&Path, Metadata)> =
        path.ancestors().filter_map(|path| Some((path, fs::metadata(path).ok()?))).collect();
    let name = |at: &Path| if at == path { "it".to_owned() } else { at.display().to_string() };
    let mine = known.iter().take_while(|(_, facts)| is_mine(facts));
    if let Some((at, _)) = mine.clone().find(|(_, facts)| is_closed_to_owner(facts)) {
        let why = format!("{} is yours, but its permissions keep you out", name(at));
        return Some((why, Some(format!("type: chmod u+rwX {}", quote_for_shell(at)))));
    }
    let (mine, others) = known.split_at(mine.count());
    let (at, facts) = others.first()?;
    let why = format!("{} belongs to {}", name(at), user_name(facts.uid()));
    let until_mine = others.iter().position(|(_, facts)| is_mine(facts));
    let Some(until_mine) = until_mine else {
        // Above one's own folders are only the system's, which are in nobody's way.
        return mine.is_empty().then_some((why, None));
    };
    // All of it, up to a folder of one's own; a disk that is mounted there is not for us to give away.
    let (topmost, facts) = &others[until_mine - 1];
    let (folder, its_facts) = &others[until_mine];
    if facts.dev() != its_facts.dev() {
        return Some((why, None));
    }
    // A file is seldom alone; but a home is no folder to be worked through for it.
    let is_home = others.get(until_mine + 1).is_none_or(|(_, above)| !is_mine(above));
    let all = if facts.is_dir() || is_home { topmost } else { folder };
    Some((why, Some(format!("type: sudo chown -R {} {}", chown_owner(me.as_raw()), quote_for_shell(all)))))
}

/// A user as chown takes it, with the group where there is a name.
fn chown_owner(id: u32) -> String {
    uzers::get_user_by_uid(id)
        .map_or_else(|| id.to_string(), |user| format!("{}:", user.name().to_string_lossy()))
}

/// Whether its owner cannot use it.
fn is_closed_to_owner(facts: &Metadata) -> bool {
    let needed = if facts.is_dir() { FOLDER_BITS } else { FILE_BITS };
    facts.mode() & needed != needed
}

/// A path as a shell takes it for one word.
fn quote_for_shell(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
