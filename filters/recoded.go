package filters

import (
	"cmp"
	"slices"
)

// recoded says whether a value that is coded under both policies has other codes
// after. A longer epoch is a widening besides: who is the same shows for longer.
func recoded(k factKey, from, to fact, before, after *Filter) (Change, bool) {
	c := Change{Schema: k.schema, Version: k.version, Property: k.property, Recoded: true, Before: from.verdict, After: to.verdict}
	switch {
	case to.verdict != "pseudonym" && to.verdict != "token":
		return c, false
	case from.denied != to.denied:
		c.Reason = "it is made with the categories that are denied, which are others"
	}
	if to.verdict == "token" {
		return c, c.Reason != ""
	}
	was, is := before.pseudonyms, after.pseudonyms
	from.verdict, to.verdict = cmp.Or(was.Epoch, epochWords[0]), cmp.Or(is.Epoch, epochWords[0])
	switch longer := slices.Index(epochWords, to.verdict) - slices.Index(epochWords, from.verdict); {
	case longer > 0:
		c.LetOut, c.Reason = true, "pseudonyms.epoch: codes are made anew less often, so who is the same shows for longer"
	case longer < 0:
		c.Reason = "pseudonyms.epoch: codes are made anew more often"
	case c.Reason != "":
		return c, true
	case slices.Equal(was.Keys, is.Keys):
		return c, false
	default:
		c.Reason = "pseudonyms.key_file holds other keys"
		if len(is.Keys) > len(was.Keys) && slices.Equal(was.Keys, is.Keys[:len(was.Keys)]) {
			c.Reason = "pseudonyms.key_file has a key more, for the epochs that begin after it was made"
		}
		return c, true
	}
	c.Before, c.After = c.Before+", epoch "+from.verdict, c.After+", epoch "+to.verdict
	return c, true
}
