//! Synthesizes the built-in sounds: a pure function from a cue and a volume to samples.
//!
//! Sounds are short and not startling: they fade in and are never loud, even at full volume. They differ in tune and
//! in rhythm, so that people who cannot hear high notes can tell them apart.

use crate::session::SoundCue;
use std::f64::consts::TAU;

/// Samples per second.
pub(super) const SAMPLE_RATE: u32 = 44_100;
/// The peak as a share of full scale: −12 dB.
const MAX_AMPLITUDE: f64 = 0.251_188_643_150_958;
/// Fades of a whole sound.
const FADE_IN_SECONDS: f64 = 0.2;
const FADE_OUT_SECONDS: f64 = 0.15;
/// The fade at both ends of a note, which prevents clicks.
const NOTE_FADE_SECONDS: f64 = 0.03;
/// Repeats get louder and higher up to this one.
const MAX_RISING_REPEAT: u32 = 4;

/// The samples of a cue, at a volume of 0 to 100.
pub(super) fn synthesize_samples(cue: SoundCue, volume: u8) -> Vec<i16> {
    let notes = notes_for_cue(cue);
    let total_seconds: f64 = notes.iter().map(|(_, seconds)| seconds).sum();
    let loudness =
        MAX_AMPLITUDE * loudness_of_cue(cue) * f64::from(volume.min(100)) / 100.0 * f64::from(i16::MAX);
    let mut samples = Vec::new();
    let mut note_start = 0.0;
    for (pitch, seconds) in notes {
        let count = (seconds * f64::from(SAMPLE_RATE)) as u32;
        samples.extend((0..count).map(|sample| {
            let time = f64::from(sample) / f64::from(SAMPLE_RATE);
            let note_gain =
                fade_gain(time, NOTE_FADE_SECONDS).min(fade_gain(seconds - time, NOTE_FADE_SECONDS));
            let sound_gain = fade_gain(note_start + time, FADE_IN_SECONDS)
                .min(fade_gain(total_seconds - note_start - time, FADE_OUT_SECONDS));
            (waveform_at(pitch, time) * note_gain * sound_gain * loudness) as i16
        }));
        note_start += seconds;
    }
    samples
}

/// Notes as pitch (Hz; 0 is a rest) and length (s).
fn notes_for_cue(cue: SoundCue) -> Vec<(f64, f64)> {
    match cue {
        // Rising for heat, falling for cold.
        SoundCue::HeatStart => vec![(392.0, 0.35), (493.9, 0.35), (587.3, 0.6)],
        SoundCue::ColdStart => vec![(880.0, 0.35), (659.3, 0.35), (440.0, 0.6)],
        // Three long notes, the last one lower.
        SoundCue::PackOff => vec![(523.3, 0.45), (0.0, 0.1), (523.3, 0.45), (0.0, 0.1), (392.0, 0.8)],
        // Pairs of short notes, more and higher with each repeat.
        SoundCue::AnswerNeeded { nth } => {
            let step = nth.clamp(1, MAX_RISING_REPEAT) - 1;
            let pitch = 523.3 * (f64::from(step) / 6.0).exp2();
            let pair = [(pitch, 0.16), (0.0, 0.05), (pitch * 1.2, 0.16), (0.0, 0.12)];
            (0..=step.min(2) + 1).flat_map(|_| pair).collect()
        }
    }
}

/// 0 to 1; repeats get louder.
fn loudness_of_cue(cue: SoundCue) -> f64 {
    match cue {
        SoundCue::AnswerNeeded { nth } => {
            0.4 + 0.6 * f64::from(nth.clamp(1, MAX_RISING_REPEAT) - 1) / f64::from(MAX_RISING_REPEAT - 1)
        }
        _ => 0.8,
    }
}

/// A tone with some of its octave, −1 to 1.
fn waveform_at(pitch: f64, time: f64) -> f64 {
    if pitch == 0.0 {
        return 0.0;
    }
    0.75 * (TAU * pitch * time).sin() + 0.25 * (TAU * 2.0 * pitch * time).sin()
}

/// Rises from 0 to 1 within `duration`.
fn fade_gain(time: f64, duration: f64) -> f64 {
    (time / duration).clamp(0.0, 1.0)
}

/// A WAV file, 16 bit mono.
pub(super) fn encode_wav(samples: &[i16]) -> Vec<u8> {
    let size = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(samples.len() * 2 + 44);
    bytes.extend(b"RIFF");
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    // PCM and one channel; samples and bytes per second; bytes and bits per sample.
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

    const ALL_CUES: [SoundCue; 7] = [
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
    fn sounds_are_quiet_short_and_fade_in() {
        for cue in ALL_CUES {
            let samples = synthesize_samples(cue, 100);
            let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
            assert!((0.3..=2.01).contains(&seconds), "{cue:?}: {seconds} s");
            assert!(peak(&samples) <= 10_f64.powf(-12.0 / 20.0), "{cue:?}");
            assert!(peak(&samples) > 0.05, "{cue:?} is to be heard");
            for (position, sample) in samples.iter().take(SAMPLE_RATE as usize / 5).enumerate() {
                let allowed = position as f64 / (f64::from(SAMPLE_RATE) * FADE_IN_SECONDS) * MAX_AMPLITUDE;
                assert!(f64::from(*sample).abs() / 32768.0 <= allowed + 1e-9, "{cue:?} at {position}");
            }
        }
    }

    #[test]
    fn sounds_differ_and_repeats_get_louder() {
        let distinct: HashSet<Vec<i16>> = ALL_CUES.iter().map(|cue| synthesize_samples(*cue, 50)).collect();
        assert_eq!(distinct.len(), ALL_CUES.len());
        let peaks: Vec<f64> =
            (1..=4).map(|nth| peak(&synthesize_samples(SoundCue::AnswerNeeded { nth }, 50))).collect();
        assert!(peaks.is_sorted(), "{peaks:?}");
        let many_repeats = SoundCue::AnswerNeeded { nth: u32::MAX };
        assert_eq!(
            synthesize_samples(many_repeats, 50),
            synthesize_samples(SoundCue::AnswerNeeded { nth: 4 }, 50)
        );
    }

    #[test]
    fn volume_scales_the_amplitude() {
        for cue in ALL_CUES {
            let [full, half] = [100, 50].map(|volume| peak(&synthesize_samples(cue, volume)));
            assert!((full / half - 2.0).abs() < 0.01, "{cue:?}");
            assert!(peak(&synthesize_samples(cue, 0)) == 0.0);
            assert_eq!(synthesize_samples(cue, 255), synthesize_samples(cue, 100));
        }
    }

    #[test]
    fn wav_header_states_its_length() {
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
