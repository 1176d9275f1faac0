package units

import (
	"strings"
	"testing"
	"time"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"1MiB": MiB, "5MB": 5e6, "512KiB": 512 * KiB, "100": 100, "0": 0, "100B": 100, "1.5MiB": MiB + 512*KiB,
		"1 GiB": GiB, "2gib": 2 * GiB, "3kb": 3000, " 7 ": 7, "9223372036854774784": 9223372036854774784, "1TiB": TiB,
	} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q: %d, %v; want %d", text, s, err, want)
		}
		again, _ := s.MarshalText()
		var back Size
		if err := back.UnmarshalText(again); err != nil || back != s {
			t.Errorf("%q is written %q and read as %d, %v", text, again, back, err)
		}
	}
}

func TestSizeMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"": "is not a size", "-1": "is not a size", "MiB": "is not a size", "1..2MiB": "is not a size",
		"5MIBS": "unknown unit", "5m": "unknown unit", "1e3": "unknown unit",
		"0.3": "whole number", "9999999TiB": "too large", "9223372036854775807": "too large",
	} {
		var s Size
		err := s.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "100MiB") {
			t.Errorf("%q: %v; want %q and examples", text, err, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2s": 2 * time.Second, "30d": 30 * Day, "200ms": 200 * time.Millisecond, "1h30m": 90 * time.Minute,
		"0s": 0, "0": 0, "1.5d": 36 * time.Hour, "1d12h": 36 * time.Hour, "24h": Day, "25h1m1s": 25*time.Hour + 61*time.Second,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.Std() != want {
			t.Errorf("%q: %v, %v; want %v", text, d, err, want)
		}
		again, _ := d.MarshalText()
		var back Duration
		if err := back.UnmarshalText(again); err != nil || back != d {
			t.Errorf("%q is written %q and read as %v, %v", text, again, back, err)
		}
	}
}

func TestDurationString(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * Day: "30d", Day: "1d", 90 * time.Minute: "1h30m", time.Hour: "1h", 5 * time.Minute: "5m",
		10 * time.Minute: "10m", 20 * time.Hour: "20h", 200 * time.Millisecond: "200ms", 0: "0s", Day + time.Second: "1d1s",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestDurationMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"": "is not a duration", "5": "has no unit", "soon": "is not a duration", "-2s": "is negative", "-1d": "is negative",
		"d": "is not a duration", "1d2": "has no unit", "999999999d": "too long", "106751d25h": "too long", "NaNd": "is not a duration",
	} {
		var d Duration
		err := d.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "30d") {
			t.Errorf("%q: %v; want %q and examples", text, err, want)
		}
	}
}
