package outputs

import (
	"errors"
	"fmt"
	"testing"
)

func TestPermanent(t *testing.T) {
	cause := errors.New("refused")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nil":       {nil, false},
		"plain":     {cause, false},
		"permanent": {Permanent(cause), true},
		"wrapped":   {fmt.Errorf("write: %w", Permanent(cause)), true},
		"partial":   {&PartialError{Err: cause}, false},
	} {
		if got := IsPermanent(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := Permanent(cause); !errors.Is(err, cause) || err.Error() != "refused" {
		t.Errorf("%v hides its cause", err)
	}
}

func TestRefused(t *testing.T) {
	cause := errors.New("wrong password: see password_file")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nil":     {nil, false},
		"plain":   {cause, false},
		"refused": {Refused(cause), true},
		"wrapped": {fmt.Errorf("write: %w", Refused(cause)), true},
		"partial": {&PartialError{Retry: []int{0}, Err: Refused(cause)}, true},
	} {
		if got := IsRefused(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := Refused(cause); IsPermanent(err) || !errors.Is(err, cause) || err.Error() != cause.Error() {
		t.Errorf("%v hides its cause, or is for ever", err)
	}
}

func TestUnclear(t *testing.T) {
	cause := errors.New("status 400")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nil":     {nil, false},
		"refused": {Refused(cause), false},
		"unclear": {Unclear(Refused(cause)), true},
		"wrapped": {Refused(Unclear(cause)), true},
		"partial": {&PartialError{Retry: []int{0}, Err: Unclear(cause)}, true},
	} {
		if got := IsUnclear(c.err); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if err := Unclear(Refused(cause)); !IsRefused(err) || !errors.Is(err, cause) || err.Error() != cause.Error() {
		t.Errorf("%v hides its cause, or that somebody has to act", err)
	}
}

func TestPartialErrorSaysHowManyAndWhy(t *testing.T) {
	cause := errors.New("busy")
	err := error(&PartialError{Retry: []int{1, 4}, Rejected: []Rejection{{Index: 2, Class: "mapping"}}, Err: cause})
	if !errors.Is(err, cause) || err.Error() != "2 records to send again, 1 rejected (1 mapping): busy" {
		t.Error(err)
	}
	if err := (&PartialError{Retry: []int{1}, Err: cause}); err.Error() != "1 records to send again, 0 rejected: busy" {
		t.Error(err)
	}
	rejected := []Rejection{{Index: 0, Class: "too_old"}, {Index: 1, Class: "mapping"}, {Index: 5, Class: "too_old"}}
	if err := (&PartialError{Rejected: rejected, By: "es:9200, status 400"}); err.Error() != "0 records to send again, 3 rejected (1 mapping, 2 too_old) by es:9200, status 400" {
		t.Error(err)
	}
}
