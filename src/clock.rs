//! The only room that asks what time it is, and the only wait in the program.

mod with_timeout;

pub(crate) use with_timeout::with_timeout;

use crate::time::{Stamp, WallTime};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, clock_gettime, timerfd_create,
        timerfd_settime,
    },
};
use std::{
    env, fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

/// Somebody who travels changes it, and a session goes on.
const TIME_ZONE_CACHE_DURATION: Duration = Duration::from_mins(1);

/// Reads all clocks.
pub(crate) fn now() -> Stamp {
    Stamp {
        boot_id: boot_id().to_owned(),
        boottime: read_clock(ClockId::Boottime),
        monotonic: read_clock(ClockId::Monotonic),
        wall: WallTime::from(&local_time()),
    }
}

/// The date and the time here, with the time zone that is in force.
#[expect(clippy::disallowed_methods, reason = "this is the room that asks")]
pub(crate) fn local_time() -> Zoned {
    Timestamp::now().to_zoned(time_zone())
}

/// The time zone in force here. Where it is plainly a file of the zone database, that file alone is read; jiff's own
/// way lists the whole database before, which takes longer than all else that a command does.
pub(crate) fn time_zone() -> TimeZone {
    static ZONE: Mutex<Option<(Duration, TimeZone)>> = Mutex::new(None);
    let now = read_clock(ClockId::Boottime);
    let mut known = ZONE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some((at, zone)) if now < *at + TIME_ZONE_CACHE_DURATION => zone.clone(),
        _ => {
            let zone = read_time_zone_file().unwrap_or_else(TimeZone::system);
            *known = Some((now, zone.clone()));
            zone
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the zone is the clock's, and no setting of ours")]
fn read_time_zone_file() -> Option<TimeZone> {
    let (file, named) = match env::var_os("TZ") {
        Some(name) => {
            let file = Path::new("/usr/share/zoneinfo").join(name);
            (file.clone(), file)
        }
        None => (PathBuf::from("/etc/localtime"), fs::read_link("/etc/localtime").ok()?),
    };
    let (_, name) = named.to_str()?.rsplit_once("zoneinfo/")?;
    // Copies of the database within it, and the system's own zone under no name.
    if name == "localtime" || name.starts_with("posix/") || name.starts_with("right/") {
        return None;
    }
    TimeZone::tzif(name, &fs::read(file).ok()?).ok()
}

fn read_clock(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0))
}

/// Which start of the computer this is. Without the kernel's word for it every stamp is from the same one.
pub(crate) fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
    })
}

/// A deadline on the clock that runs on while the computer sleeps, and the wait for it.
pub(crate) struct DeadlineTimer {
    timer_fd: OwnedFd,
}

impl DeadlineTimer {
    /// Makes an alarm that is not set.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn new() -> io::Result<DeadlineTimer> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(DeadlineTimer { timer_fd: timerfd_create(TimerfdClockId::Boottime, flags)? })
    }

    /// Sleeps until the deadline, or until one of `sources` can be read, whichever is first. Says for each source
    /// whether it can. A wake-up is only a hint: it may come early, and the caller looks at the clock itself.
    pub(crate) fn wait_for_deadline_or_input(
        &self,
        until: Option<Duration>,
        sources: &[BorrowedFd],
    ) -> Vec<bool> {
        self.set_deadline(until);
        let mut polled = vec![PollFd::from_borrowed_fd(self.timer_fd.as_fd(), PollFlags::IN)];
        polled.extend(sources.iter().map(|source| PollFd::from_borrowed_fd(*source, PollFlags::IN)));
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            // Nothing else is left to wait with; better a slow loop than a busy one.
            Err(_) => std::thread::sleep(Duration::from_secs(1)),
        }
        polled[1..].iter().map(|source| !source.revents().is_empty()).collect()
    }

    /// Sets the alarm to a moment of `CLOCK_BOOTTIME`; to none, it is off.
    fn set_deadline(&self, until: Option<Duration>) {
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        // The moment 0 means "off" to the kernel.
        let moment = until.map_or(none, |until| to_timespec(until.max(Duration::from_nanos(1))));
        let spec = Itimerspec { it_interval: none, it_value: moment };
        let _ = timerfd_settime(&self.timer_fd, TimerfdTimerFlags::ABSTIME, &spec);
    }
}

fn to_timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}
