//! Explains permission errors: who owns the file, and which command makes it usable.
//!
//! One `sudo easeback` is enough to leave root's files in a person's folders, and "Permission denied" alone does not
//! help a person who lies on the floor.

use super::Error;
use rustix::process::geteuid;
use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// The owner that the system reports for users outside this user namespace.
const NOBODY_UID: u32 = 65534;
const ROOT_UID: u32 = 0;
/// The permissions that owners need for their own folders and files.
const FOLDER_BITS: u32 = 0o700;
const FILE_BITS: u32 = 0o600;

/// The user's name, or "user N".
pub(crate) fn user_name(id: u32) -> String {
    uzers::get_user_by_uid(id)
        .map_or_else(|| format!("user {id}"), |user| user.name().to_string_lossy().into_owned())
}

/// Why root must not create this path, if so: the nearest owner upwards who is neither root nor nobody is a person,
/// who could not use what root creates.
pub(crate) fn explain_root_refusal(path: &Path) -> Option<Error> {
    if !geteuid().is_root() {
        return None;
    }
    let mut owners =
        path.ancestors().filter_map(|owned_path| Some((owned_path, fs::metadata(owned_path).ok()?.uid())));
    let (owned_path, owner) = owners.find(|(_, owner)| ![ROOT_UID, NOBODY_UID].contains(owner))?;
    let owner = user_name(owner);
    let place = if owned_path == path {
        format!("belongs to {owner}")
    } else {
        format!("is in a folder of {owner}'s")
    };
    let path = path.display();
    Some(Error::failed(format!(
        "you are root, and {path} {place}, who could not use what root creates there"
    )))
}

/// Why this process may not use a path, and a command that helps, if there is one. None for other kinds of failure
/// and for root.
pub(crate) fn explain_permission(path: &Path, cause: &io::Error) -> Option<(String, Option<String>)> {
    let user = geteuid();
    if user.is_root() || cause.kind() != io::ErrorKind::PermissionDenied {
        return None;
    }
    let is_own = |metadata: &Metadata| metadata.uid() == user.as_raw();
    // From the path upwards, starting at the first path whose metadata can be read.
    let readable: Vec<(&Path, Metadata)> =
        path.ancestors().filter_map(|path| Some((path, fs::metadata(path).ok()?))).collect();
    let display_name =
        |other: &Path| if other == path { "it".to_owned() } else { other.display().to_string() };
    let own = readable.iter().take_while(|(_, metadata)| is_own(metadata));
    if let Some((denied, _)) = own.clone().find(|(_, metadata)| denies_owner(metadata)) {
        let reason = format!("{} is yours, but its permissions keep you out", display_name(denied));
        return Some((reason, Some(format!("type: chmod u+rwX {}", quote_for_shell(denied)))));
    }
    let (own, not_own) = readable.split_at(own.count());
    let (nearest, metadata) = not_own.first()?;
    let reason = format!("{} belongs to {}", display_name(nearest), user_name(metadata.uid()));
    let Some(own_folder_at) = not_own.iter().position(|(_, metadata)| is_own(metadata)) else {
        // Folders above the user's own are the system's, which are not the cause.
        return own.is_empty().then_some((reason, None));
    };
    // Suggest chown up to the user's own folder, but never across a mount point.
    let (topmost, metadata) = &not_own[own_folder_at - 1];
    let (own_folder, folder_metadata) = &not_own[own_folder_at];
    if metadata.dev() != folder_metadata.dev() {
        return Some((reason, None));
    }
    // Root's files are seldom alone, so take the whole folder, unless that is the home folder.
    let is_home = not_own.get(own_folder_at + 1).is_none_or(|(_, above)| !is_own(above));
    let target = if metadata.is_dir() || is_home { topmost } else { own_folder };
    let hint = format!("type: sudo chown -R {} {}", chown_owner(user.as_raw()), quote_for_shell(target));
    Some((reason, Some(hint)))
}

/// The owner argument of chown: `NAME:`, which includes the group, or the number.
fn chown_owner(id: u32) -> String {
    uzers::get_user_by_uid(id)
        .map_or_else(|| id.to_string(), |user| format!("{}:", user.name().to_string_lossy()))
}

fn denies_owner(metadata: &Metadata) -> bool {
    let needed = if metadata.is_dir() { FOLDER_BITS } else { FILE_BITS };
    metadata.mode() & needed != needed
}

fn quote_for_shell(path: &Path) -> String {
    let path = path.display().to_string();
    let is_safe = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if path.chars().all(is_safe) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
