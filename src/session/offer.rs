//! A question before a phase: only a yes begins it. A no leaves it out, or lets the phase before go on for a while.

use super::{By, Command, Fact, Reply, Session};
use crate::{
    protocol::{Offer, Phase},
    time::{Wall, say},
};
use std::time::Duration;

impl Session {
    /// The question that comes with the end of the current phase, if one does.
    pub(super) fn offer(&self) -> Option<&Offer> {
        self.plan().offer_after(self.current()).filter(|_| !self.is_over())
    }

    /// The question that is open now: the current phase's time is up, and the next one asks first.
    pub(super) fn open_offer(&self) -> Option<&Offer> {
        self.offer().filter(|_| self.is_up() && !self.asking)
    }

    /// Cuts the current phase short. A question that comes with its end is asked.
    pub(super) fn skip(&mut self, at: Wall) {
        if self.offer().is_none() {
            return self.leave(at, By::Person);
        }
        (self.paused, self.asking) = (false, false);
        let left = self.remaining();
        self.phase_mut().cut += left;
    }

    /// Leaves the next phase out. What follows it begins, unless it asks as well.
    pub(super) fn decline(&mut self, at: Wall) {
        if self.open_offer().is_none() {
            return;
        }
        self.leave(at, By::Person);
        self.phase_mut().declined = true;
        if self.offer().is_none() {
            self.leave(at, By::Person);
        }
    }

    /// The answer to what a person says while the question is open; none where it is answered like anything else.
    pub(super) fn answer_offer(&self, command: &Command) -> Option<Result<(String, Vec<Fact>), Reply>> {
        // The computer slept past the end of a phase: first that, then the question.
        if let (Some(offer), true) = (self.offer(), self.asking && self.is_up()) {
            let goes_on = matches!(command, Command::Next | Command::Resume);
            return goes_on.then(|| Ok((offer.ask.clone(), vec![Fact::Resumed])));
        }
        let offer = self.open_offer()?;
        match command {
            Command::Skip => Some(self.say_no(offer)),
            Command::Resume => Some(Err(Reply::Already(format!(
                "it asks you: {} `easeback next` is yes, `easeback skip` is no",
                offer.ask
            )))),
            Command::Extend(_) if self.phase().declined => {
                Some(Err(Reply::Refused("no phase runs that could be longer".into())))
            }
            _ => None,
        }
    }

    fn say_no(&self, offer: &Offer) -> Result<(String, Vec<Fact>), Reply> {
        let leaving = self.current();
        if let Some(by_s) = offer.again_s.filter(|_| !self.phase().declined) {
            let again = format!("not yet: you are asked again in {}", say(Duration::from_secs(by_s)));
            return Ok((again, vec![Fact::Extended { phase: leaving, by_s }]));
        }
        let mut without = self.clone();
        without.decline(self.clock.wall);
        if !without.is_over() {
            without.check_limits(&self.plan().phases, without.remaining())?;
        }
        let left_out = self.plan().phases.get(leaving + 1).map_or("it", Phase::name);
        let follows = match without.is_over() {
            true => "that was the last phase".into(),
            false => match without.open_offer() {
                Some(offer) => offer.ask.clone(),
                None => format!("{} now, {}", without.planned().name(), say(without.length())),
            },
        };
        Ok((format!("{left_out} is left out: {follows}"), vec![Fact::Declined { leaving }]))
    }
}
