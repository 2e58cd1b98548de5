//! A run's scratch folder is private, and gone afterwards.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use gantry_worker::process::{ProcessError, ScratchRoot};

fn mode_of(path: &Path) -> u32 {
    path.metadata().expect("a folder").permissions().mode() & 0o777
}

fn entries_of(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

#[test]
fn a_scratch_folder_is_private_unique_and_gone_when_dropped() {
    let place = tempfile::tempdir().expect("a folder");
    let root = ScratchRoot::open(&place.path().join("made/on/the/way")).expect("a root");
    let (first, second) = (
        root.create("job").expect("a folder"),
        root.create("job").expect("a folder"),
    );
    assert_ne!(first.path(), second.path());
    assert_eq!(mode_of(first.path()), 0o700);
    fs::write(first.path().join("file"), "content").expect("written");
    let path = first.path().to_owned();
    drop(first);
    assert!(!path.exists() && second.path().exists());
}

#[test]
fn a_root_that_is_closed_leaves_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    drop(ScratchRoot::open(place.path()).expect("a root"));
    assert_eq!(entries_of(place.path()), 0);
}

#[test]
fn removal_follows_no_link_and_opens_closed_folders() {
    let place = tempfile::tempdir().expect("a folder");
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("precious"), "content").expect("written");
    let root = ScratchRoot::open(place.path()).expect("a root");
    let scratch = root.create("job").expect("a folder");
    symlink(outside.path(), scratch.path().join("link")).expect("a link");
    let closed = scratch.path().join("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::write(closed.join("file"), "content").expect("written");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
    let path = scratch.path().to_owned();
    drop(scratch);
    assert!(!path.exists());
    assert!(outside.path().join("precious").exists());
}

#[test]
fn a_living_worker_keeps_its_folders_and_a_dead_ones_are_removed() {
    let place = tempfile::tempdir().expect("a folder");
    let living = ScratchRoot::open(place.path()).expect("a root");
    let scratch = living.create("job").expect("a folder");
    let left = place.path().join("worker-1-dead");
    fs::create_dir_all(left.join("job-1/deep")).expect("left by a worker");
    fs::write(left.with_extension("lock"), "").expect("left by a worker");
    let next = ScratchRoot::open(place.path()).expect("a root");
    assert!(!left.exists() && !left.with_extension("lock").exists());
    assert!(scratch.path().exists());
    drop(next);
    assert!(scratch.path().exists());
}

#[test]
fn a_link_in_place_of_a_dead_workers_folder_is_not_followed() {
    let place = tempfile::tempdir().expect("a folder");
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("precious"), "content").expect("written");
    symlink(outside.path(), place.path().join("worker-1-dead")).expect("a link");
    fs::write(place.path().join("worker-1-dead.lock"), "").expect("written");
    let _root = ScratchRoot::open(place.path());
    assert!(outside.path().join("precious").exists());
}

#[test]
fn a_root_that_others_may_write_to_or_that_is_a_file_is_refused() {
    let place = tempfile::tempdir().expect("a folder");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).expect("opened");
    let file = place.path().join("file");
    fs::write(&file, "").expect("written");
    for unusable in [place.path(), &file] {
        let refused = ScratchRoot::open(unusable).expect_err("refused");
        assert!(
            matches!(refused, ProcessError::ScratchRootUnusable { .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_file_for_a_program_is_private_and_written_once() {
    let root = tempfile::tempdir().expect("a folder");
    let root = ScratchRoot::open(root.path()).expect("a private root");
    let folder = root.create("job").expect("a folder");
    folder.write_file("input", b"text").await.expect("written");
    let metadata = fs::metadata(folder.path().join("input")).expect("a file");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(folder.write_file("input", b"other").await.is_err());
    let content = folder.read_file(Path::new("input"), 4).expect("read");
    assert_eq!(content, b"text");
}

#[test]
fn what_a_program_left_is_read_only_from_its_folder_and_only_as_far_as_the_limit() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret"), "secret").expect("written");
    let root = tempfile::tempdir().expect("a folder");
    let root = ScratchRoot::open(root.path()).expect("a private root");
    let folder = root.create("job").expect("a folder");
    fs::create_dir(folder.path().join("out")).expect("a folder");
    fs::write(folder.path().join("out/result"), "result").expect("written");
    symlink(outside.path(), folder.path().join("link")).expect("a link");
    let read = |path: &str| {
        let read = folder.read_file(Path::new(path), 6);
        read.map_err(|error| error.to_string())
    };
    assert_eq!(read("out/result"), Ok(b"result".to_vec()));
    let not_regular = Err("it is not a regular file".to_owned());
    assert_eq!(read("link/secret"), not_regular);
    assert_eq!(read("link"), not_regular);
    assert_eq!(read("out"), not_regular);
    let missing = Err("there is no such file".to_owned());
    assert_eq!(read("nothing"), missing);
    assert_eq!(read("../job"), missing);
    fs::write(folder.path().join("out/result"), "results").expect("written");
    assert_eq!(
        read("out/result"),
        Err("it is larger than 6 bytes".to_owned())
    );
}
