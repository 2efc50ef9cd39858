//! One history from many computers: the laws of the merge, and folders that are synced in any order.

use crate::history_folder::{LogFolder, amendment, bytes, merge_lines, minute, session};
use easeback::{
    history::{HistoryFolder, ImportInput},
    record::{DiaryEntry, History, HistoryLine, Query, SessionRecord},
};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fs, path::Path};
use uuid::Uuid;

/// Any lines: several versions of one id, amendments of missing sessions, equal times.
fn lines() -> impl Strategy<Value = Vec<HistoryLine>> {
    let line = (0..5_u8, 0..4_u32, 0..6_i64, 0..11_u8).prop_map(|(kind, number, at, score)| {
        let session_record = session(number, 10, 20);
        let entry = Uuid::from_u128(900 + u128::from(number));
        match kind {
            0 => HistoryLine::Session(SessionRecord {
                pain_after: Some(score),
                at: minute(20 + at),
                ..session_record
            }),
            1 => HistoryLine::Session(SessionRecord {
                origin: Some("logged".into()),
                at: minute(20 + at),
                ..session_record
            }),
            2 => HistoryLine::DiaryEntry(DiaryEntry {
                id: entry,
                when: None,
                at: minute(20 + at),
                pain: Some(score),
                text: None,
                unknown_fields: Map::from_iter([("new".to_owned(), json!(at))]),
            }),
            _ => {
                let set = match score {
                    0 => json!({"deleted": true}),
                    1 => json!({"deleted": false, "note": null}),
                    2 => json!({"pain_after": "much", "note": "makes no sense"}),
                    3 => json!({"id": Uuid::nil(), "at": minute(0), "kind": "entry", "v": 9}),
                    4 => json!({"region": "low", "unheard_of": [1, 2]}),
                    _ => json!({"pain_after": score, "note": format!("{at}")}),
                };
                let id =
                    u128::from(number) * 100 + u128::from(score) + u128::from(at.unsigned_abs()) * 10_000;
                let session_record =
                    if score == 9 { SessionRecord { id: entry, ..session_record } } else { session_record };
                amendment(id, &session_record, 21 + at, set)
            }
        }
    });
    prop::collection::vec(line, 0..25)
}

fn merge_into(mut one: History, other: &[HistoryLine]) -> History {
    other.iter().for_each(|line| one.add(line.clone()));
    one
}

/// The results of every query.
fn query_everything(history: &History) -> (Vec<SessionRecord>, Vec<DiaryEntry>, usize, [usize; 3]) {
    (history.sessions(), history.entries(&Query::default()), history.orphans(), history.counts())
}

proptest! {
    #![proptest_config(crate::properties::property_config(128))]

    #[test]
    fn merge_is_commutative_associative_and_idempotent(a in lines(), b in lines(), c in lines()) {
        let empty = History::default;
        let (fa, fb) = (merge_lines(a.clone()), merge_lines(b.clone()));
        prop_assert_eq!(merge_into(fa.clone(), &b), merge_into(fb, &a));
        let bc = [b.clone(), c.clone()].concat();
        let result = merge_into(merge_into(fa.clone(), &b), &c);
        prop_assert_eq!(&result, &merge_into(merge_into(empty(), &bc), &a));
        prop_assert_eq!(merge_into(fa.clone(), &a), fa);
        prop_assert_eq!(query_everything(&merge_into(result.clone(), &bc)), query_everything(&result));
    }

    #[test]
    fn later_correction_of_a_field_wins(
        scores in prop::collection::vec((0..40_i64, 0..11_u8), 1..12),
        order in any::<u64>(),
    ) {
        let session_record = session(1, 10, 20);
        let lines: Vec<HistoryLine> = (1..).zip(&scores).map(|(id, (after, score))| {
            amendment(id, &session_record, 21 + after, json!({"pain_after": score}))
        }).collect();
        // At equal times the id decides: the same on every computer.
        let last = (1..).zip(&scores).max_by_key(|(id, (after, _))| (*after, *id)).unwrap().1.1;
        let mut all = [lines, vec![HistoryLine::Session(session_record)]].concat();
        let length = all.len();
        all.rotate_left(usize::try_from(order % length as u64).unwrap());
        prop_assert_eq!(merge_lines(all).sessions()[0].pain_after, Some(last));
    }
}

proptest! {
    // Each case writes many files and waits for the disk.
    #![proptest_config(crate::properties::property_config(32))]

    #[test]
    fn json_and_jsonl_exports_import_as_the_same_history(
        one in lines(), two in lines(), as_array in any::<bool>(),
    ) {
        let from = LogFolder::with([("a.jsonl", sorted(&one)), ("b.jsonl", sorted(&two))]);
        let text = export_text(&from.logs, as_array);
        let to = LogFolder::new();
        let lines: BTreeSet<String> = [one.clone(), two.clone()].concat().iter().map(HistoryLine::to_json).collect();
        let first = import(&to.logs, &text);
        prop_assert_eq!((first.new_lines, first.unreadable_lines), (lines.len(), 0));
        prop_assert_eq!(read_history(&to.logs), merge_lines([one, two].concat()));
        prop_assert!(to.logs.check().unwrap().has_no_problems());
        let second = import(&to.logs, &text);
        prop_assert_eq!((second.new_lines, second.known_lines, second.unreadable_lines), (0, lines.len(), 0));
        // Imported back, nothing is new.
        prop_assert_eq!(import(&from.logs, &export_text(&to.logs, !as_array)).new_lines, 0);
    }

    #[test]
    fn folders_synced_in_any_order_converge(
        steps in prop::collection::vec((0..6_u8, 0..4_u32, 0..11_u8), 1..40),
    ) {
        let computers = [LogFolder::new(), LogFolder::new()].map(|folder| folder.logs.folder().to_path_buf());
        for folder in &computers {
            fs::create_dir_all(folder).unwrap();
        }
        let logs = |computer: usize| HistoryFolder::new(computers[computer].clone(), ["laptop-00c0de", "tower-00beef"][computer]);
        let mut conflicts = 0;
        for (moment, (what, number, score)) in (0..).zip(steps) {
            let computer = usize::from(what % 2);
            let session_record = session(number + u32::from(what % 2) * 2, 10, 20);
            match what {
                0 | 1 => drop(logs(computer).append_dated_line(&minute(20 + moment), |at| HistoryLine::Session(SessionRecord { at, ..session_record }))),
                2 | 3 => {
                    // The clocks of the two computers disagree.
                    let now = minute(20 + moment - i64::from(what % 2) * 30);
                    if let Ok(found) = logs(computer).find_by_id(&session_record.id.to_string(), easeback::history::LookupTarget::Existing) {
                        let set = Map::from_iter([("pain_after".to_owned(), json!(score))]);
                        let corrected = logs(computer).append_amendment(&found.reading, set, &now).unwrap();
                        // A correction overrides what its computer knew.
                        let result = logs(computer).find_by_id(&session_record.id.to_string(), easeback::history::LookupTarget::Existing).unwrap();
                        prop_assert_eq!(result.reading.corrections.last(), Some(&corrected));
                    }
                }
                4 => sync_folders(&computers[0], &computers[1], None),
                _ => {
                    conflicts += 1;
                    sync_folders(&computers[1], &computers[0], Some(conflicts));
                }
            }
        }
        sync_folders(&computers[0], &computers[1], None);
        sync_folders(&computers[1], &computers[0], None);
        sync_folders(&computers[0], &computers[1], None);
        let [one, other] = [0, 1].map(|computer| read_history(&logs(computer)));
        prop_assert_eq!(&one, &other);
        let query = Query { limit: Some(3), ..Query::default() };
        prop_assert_eq!(logs(0).find_newest(&query).unwrap().sessions, one.select(&query));
        for computer in [0, 1] {
            let check = logs(computer).check().unwrap();
            prop_assert!(check.has_no_problems(), "{:?}", check);
        }
    }
}

/// Copies what the other folder lacks, as Syncthing does: the longer of two versions of a file is the newer one. On a
/// conflict the other version is kept next to it under its own name.
fn sync_folders(from: &Path, to: &Path, conflict: Option<u32>) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let (theirs, target) = (fs::read(entry.path()).unwrap(), to.join(&name));
        let ours = fs::read(&target).unwrap_or_default();
        if let (Some(number), Some((stem, _))) = (conflict, name.split_once('.'))
            && !ours.is_empty()
        {
            let copy = format!("{stem}.sync-conflict-20261121-10{number:04}-ABCDEFG.jsonl");
            fs::write(to.join(copy), &ours).unwrap();
        }
        if theirs.len() > ours.len() {
            fs::write(target, theirs).unwrap();
        }
    }
}

fn sorted(lines: &[HistoryLine]) -> Vec<u8> {
    let mut lines = lines.to_vec();
    lines.sort_by_key(HistoryLine::written_at);
    bytes(&lines)
}

fn export_text(logs: &HistoryFolder, as_array: bool) -> String {
    let mut lines = Vec::new();
    logs.export(|line| {
        lines.push(line.to_owned());
        Ok(())
    })
    .unwrap();
    match as_array {
        true => serde_json::to_string_pretty(
            &lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>(),
        )
        .unwrap(),
        false => lines.join("\n"),
    }
}

fn import(logs: &HistoryFolder, text: &str) -> easeback::history::ImportResult {
    let source = ImportInput { name: "export".into(), reader: Box::new(text.as_bytes()) };
    logs.import(vec![source], &TimeZone::UTC, &minute(5000)).unwrap()
}

/// All lines of a folder, merged.
fn read_history(logs: &HistoryFolder) -> History {
    let mut history = History::default();
    logs.export(|line| {
        history.add(HistoryLine::parse(line).unwrap());
        Ok(())
    })
    .unwrap();
    history
}
