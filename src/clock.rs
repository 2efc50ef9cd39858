//! Reads the system clocks and the time zone, and waits for deadlines.
//!
//! The only module that asks the system for the time, and the only place where the program waits for a deadline. It
//! knows nothing about sessions.

mod with_timeout;

pub(crate) use with_timeout::with_timeout;

use crate::time::{Stamp, WallTime};
use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};
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

/// A traveler may change the time zone while a session runs.
const TIME_ZONE_CACHE_DURATION: Duration = Duration::from_mins(1);

/// Reads all clocks of the computer.
pub(crate) fn now() -> Stamp {
    Stamp {
        boot_id: boot_id().to_owned(),
        boottime: read_clock(ClockId::Boottime),
        monotonic: read_clock(ClockId::Monotonic),
        wall: WallTime::from(&local_time()),
    }
}

/// The local date and time, with the time zone in force.
#[expect(clippy::disallowed_methods, reason = "this is the room that asks")]
pub(crate) fn local_time() -> ZonedDateTime {
    Timestamp::now().to_zoned_datetime(time_zone())
}

/// The time zone in force. If it is plainly a file of the zone database, only that file is read: jiff lists the whole
/// database first, which takes longer than everything else that a command does.
pub(crate) fn time_zone() -> TimeZone {
    static ZONE: Mutex<Option<(Duration, TimeZone)>> = Mutex::new(None);
    let now = read_clock(ClockId::Boottime);
    let mut cached = ZONE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*cached {
        Some((read_at, zone)) if now < *read_at + TIME_ZONE_CACHE_DURATION => zone.clone(),
        _ => {
            let zone = read_time_zone_file().unwrap_or_else(TimeZone::system);
            *cached = Some((now, zone.clone()));
            zone
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the zone is the clock's, and no setting of ours")]
fn read_time_zone_file() -> Option<TimeZone> {
    let (path, zone_path) = match env::var_os("TZ") {
        Some(name) => {
            let path = Path::new("/usr/share/zoneinfo").join(name);
            (path.clone(), path)
        }
        None => (PathBuf::from("/etc/localtime"), fs::read_link("/etc/localtime").ok()?),
    };
    let (_, name) = zone_path.to_str()?.rsplit_once("zoneinfo/")?;
    // Copies of the database inside it, and the system's zone without a name.
    if name == "localtime" || name.starts_with("posix/") || name.starts_with("right/") {
        return None;
    }
    TimeZone::tzif(name, &fs::read(path).ok()?).ok()
}

fn read_clock(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(time.tv_nsec.try_into().unwrap_or(0))
}

/// The boot id of the kernel. Without one, all stamps count as from the same boot.
pub(crate) fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
    })
}

/// A timer file descriptor on the clock that keeps running while the computer sleeps.
pub(crate) struct DeadlineTimer {
    timer_fd: OwnedFd,
}

impl DeadlineTimer {
    /// Creates a timer that is not set.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn new() -> io::Result<DeadlineTimer> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(DeadlineTimer { timer_fd: timerfd_create(TimerfdClockId::Boottime, flags)? })
    }

    /// Waits until the deadline, or until one of `inputs` can be read. Returns for each input whether it can. A wake-up
    /// is only a hint: it may come early, and the caller checks the clock.
    pub(crate) fn wait_for_deadline_or_input(
        &self,
        deadline: Option<Duration>,
        inputs: &[BorrowedFd],
    ) -> Vec<bool> {
        self.set_deadline(deadline);
        let mut poll_fds = vec![PollFd::from_borrowed_fd(self.timer_fd.as_fd(), PollFlags::IN)];
        poll_fds.extend(inputs.iter().map(|input| PollFd::from_borrowed_fd(*input, PollFlags::IN)));
        match poll(&mut poll_fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            // There is no other way to wait; better a slow loop than a busy one.
            Err(_) => std::thread::sleep(Duration::from_secs(1)),
        }
        poll_fds[1..].iter().map(|input| !input.revents().is_empty()).collect()
    }

    /// Sets the timer to a moment of `CLOCK_BOOTTIME`; without one, turns it off.
    fn set_deadline(&self, deadline: Option<Duration>) {
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        // Zero means "off" to the kernel.
        let expiration = deadline.map_or(zero, |deadline| to_timespec(deadline.max(Duration::from_nanos(1))));
        let spec = Itimerspec { it_interval: zero, it_value: expiration };
        let _ = timerfd_settime(&self.timer_fd, TimerfdTimerFlags::ABSTIME, &spec);
    }
}

fn to_timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}
