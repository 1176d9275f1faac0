package jsonscan

// scanNumber reads a number by RFC 8259. Its limits keep every later room
// from arithmetic that grows with what an event says.
func scanNumber(line []byte, i int) (end int, integer bool, why string) {
	start := i
	if line[i] == '-' {
		i++
	}
	d := i
	for i < len(line) && line[i]-'0' < 10 {
		i++
	}
	if i == d || line[d] == '0' && i > d+1 {
		return i, false, ErrSyntax
	}
	integer = true
	if i < len(line) && line[i] == '.' {
		integer = false
		i++
		d = i
		for i < len(line) && line[i]-'0' < 10 {
			i++
		}
		if i == d {
			return i, false, ErrSyntax
		}
	}
	exponent := 0
	if i < len(line) && line[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(line) && (line[i] == '+' || line[i] == '-') {
			i++
		}
		d = i
		for i < len(line) && line[i]-'0' < 10 {
			if exponent <= MaxExponent {
				exponent = exponent*10 + int(line[i]-'0')
			}
			i++
		}
		if i == d {
			return i, false, ErrSyntax
		}
	}
	if i-start > MaxNumber || exponent > MaxExponent {
		return start, false, ErrNumber
	}
	return i, integer, ""
}
