//! The program's own sounds, made as numbers: pure, from a kind and a volume to samples.
//!
//! Short, never startling: a sound begins softly and is never loud, also at full volume. They differ in tune and in
//! rhythm, so that who cannot hear high notes still tells them apart.

use crate::session::SoundCue;
use std::f64::consts::TAU;

/// Samples in a second.
pub(super) const SAMPLE_RATE: u32 = 44_100;
/// The loudest sample there may be: −12 dB below the most a sample can hold.
const MAX_AMPLITUDE: f64 = 0.251_188_643_150_958;
/// A sound fades in so long, in seconds, and out so long.
const FADE_IN_SECONDS: f64 = 0.2;
const FADE_OUT_SECONDS: f64 = 0.15;
/// A note fades in and out so long, in seconds, so that nothing clicks.
const NOTE_FADE_SECONDS: f64 = 0.03;
/// From this telling on, a nag rises no more.
const MAX_RISING_REPEAT: u32 = 4;

/// The samples of a signal, at a volume of 0 to 100.
pub(super) fn synthesize_samples(signal: SoundCue, volume: u8) -> Vec<i16> {
    let tune = notes_for_cue(signal);
    let length: f64 = tune.iter().map(|(_, seconds)| seconds).sum();
    let loudness =
        MAX_AMPLITUDE * loudness_of_cue(signal) * f64::from(volume.min(100)) / 100.0 * f64::from(i16::MAX);
    let mut samples = Vec::new();
    let mut begins = 0.0;
    for (pitch, seconds) in tune {
        let count = (seconds * f64::from(SAMPLE_RATE)) as u32;
        samples.extend((0..count).map(|sample| {
            let at = f64::from(sample) / f64::from(SAMPLE_RATE);
            let note = fade_gain(at, NOTE_FADE_SECONDS).min(fade_gain(seconds - at, NOTE_FADE_SECONDS));
            let whole = fade_gain(begins + at, FADE_IN_SECONDS)
                .min(fade_gain(length - begins - at, FADE_OUT_SECONDS));
            (waveform_at(pitch, at) * note * whole * loudness) as i16
        }));
        begins += seconds;
    }
    samples
}

/// Notes of a pitch (Hz; 0 is a rest) and a length (s).
fn notes_for_cue(signal: SoundCue) -> Vec<(f64, f64)> {
    match signal {
        // Up for heat, down for cold.
        SoundCue::HeatStart => vec![(392.0, 0.35), (493.9, 0.35), (587.3, 0.6)],
        SoundCue::ColdStart => vec![(880.0, 0.35), (659.3, 0.35), (440.0, 0.6)],
        // Three long ones of the same height, the last lower: done.
        SoundCue::PackOff => vec![(523.3, 0.45), (0.0, 0.1), (523.3, 0.45), (0.0, 0.1), (392.0, 0.8)],
        // Pairs of short ones, more and higher each time.
        SoundCue::AnswerNeeded { nth } => {
            let step = nth.clamp(1, MAX_RISING_REPEAT) - 1;
            let pitch = 523.3 * (f64::from(step) / 6.0).exp2();
            let pair = [(pitch, 0.16), (0.0, 0.05), (pitch * 1.2, 0.16), (0.0, 0.12)];
            (0..=step.min(2) + 1).flat_map(|_| pair).collect()
        }
    }
}

/// A nag rises in loudness too.
fn loudness_of_cue(signal: SoundCue) -> f64 {
    match signal {
        SoundCue::AnswerNeeded { nth } => {
            0.4 + 0.6 * f64::from(nth.clamp(1, MAX_RISING_REPEAT) - 1) / f64::from(MAX_RISING_REPEAT - 1)
        }
        _ => 0.8,
    }
}

/// A tone with a little of its octave, at most 1.
fn waveform_at(pitch: f64, at: f64) -> f64 {
    if pitch == 0.0 {
        return 0.0;
    }
    0.75 * (TAU * pitch * at).sin() + 0.25 * (TAU * 2.0 * pitch * at).sin()
}

/// From 0 to 1 in so many seconds.
fn fade_gain(at: f64, seconds: f64) -> f64 {
    (at / seconds).clamp(0.0, 1.0)
}

/// A WAV file: 16 bit, one channel.
pub(super) fn encode_wav(samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(samples.len() * 2 + 44);
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    // Whole samples, one channel; samples and bytes a second; bytes and bits a sample.
    bytes.extend([1_u16, 1].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([SAMPLE_RATE, SAMPLE_RATE * 2].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([2_u16, 16].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const ALL: [SoundCue; 7] = [
        SoundCue::HeatStart,
        SoundCue::ColdStart,
        SoundCue::PackOff,
        SoundCue::AnswerNeeded { nth: 1 },
        SoundCue::AnswerNeeded { nth: 2 },
        SoundCue::AnswerNeeded { nth: 3 },
        SoundCue::AnswerNeeded { nth: 4 },
    ];

    fn peak(samples: &[i16]) -> f64 {
        samples.iter().map(|sample| f64::from(*sample).abs()).fold(0.0, f64::max) / 32768.0
    }

    #[test]
    fn no_sound_is_loud_or_long_or_begins_at_once() {
        for signal in ALL {
            let samples = synthesize_samples(signal, 100);
            let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
            assert!((0.3..=2.01).contains(&seconds), "{signal:?}: {seconds} s");
            assert!(peak(&samples) <= 10_f64.powf(-12.0 / 20.0), "{signal:?}");
            assert!(peak(&samples) > 0.05, "{signal:?} is to be heard");
            for (at, sample) in samples.iter().take(SAMPLE_RATE as usize / 5).enumerate() {
                let allowed = at as f64 / (f64::from(SAMPLE_RATE) * FADE_IN_SECONDS) * MAX_AMPLITUDE;
                assert!(f64::from(*sample).abs() / 32768.0 <= allowed + 1e-9, "{signal:?} at {at}");
            }
        }
    }

    #[test]
    fn every_sound_is_another_and_the_nag_rises() {
        let all: HashSet<Vec<i16>> = ALL.iter().map(|signal| synthesize_samples(*signal, 50)).collect();
        assert_eq!(all.len(), ALL.len());
        let nags: Vec<f64> =
            (1..=4).map(|nth| peak(&synthesize_samples(SoundCue::AnswerNeeded { nth }, 50))).collect();
        assert!(nags.is_sorted(), "{nags:?}");
        let endless = SoundCue::AnswerNeeded { nth: u32::MAX };
        assert_eq!(
            synthesize_samples(endless, 50),
            synthesize_samples(SoundCue::AnswerNeeded { nth: 4 }, 50)
        );
    }

    #[test]
    fn the_volume_is_a_share_of_the_loudest() {
        for signal in ALL {
            let [full, half] = [100, 50].map(|volume| peak(&synthesize_samples(signal, volume)));
            assert!((full / half - 2.0).abs() < 0.01, "{signal:?}");
            assert!(peak(&synthesize_samples(signal, 0)) == 0.0);
            assert_eq!(synthesize_samples(signal, 255), synthesize_samples(signal, 100));
        }
    }

    #[test]
    fn a_wav_says_how_long_it_is() {
        let samples = synthesize_samples(SoundCue::HeatStart, 50);
        let wav = encode_wav(&samples);
        assert_eq!(
            (&wav[..4], &wav[8..16], wav.len()),
            (&b"RIFF"[..], &b"WAVEfmt "[..], samples.len() * 2 + 44)
        );
        let size = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((size(4), size(40)), (wav.len() - 8, wav.len() - 44));
        assert_eq!((size(24), size(28)), (44_100, 88_200));
    }
}
