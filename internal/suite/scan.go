package suite

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// A spot says where a key first stands in a file.
type spot struct{ line, order int }

// A scanner finds the lines of keys in a TOML file that is known to be valid; the TOML package
// does not tell them.
type scanner struct {
	src  string
	pos  int
	line int
	seen map[string]spot
}

// spots returns where each key and table of src, by its full dotted key, first stands.
func spots(src string) map[string]spot {
	s := &scanner{src: strings.TrimPrefix(src, "\ufeff"), line: 1, seen: map[string]spot{}}
	var table []string
	for s.blank(); s.pos < len(s.src); s.blank() {
		start := s.pos
		if s.peek() == '[' {
			s.skip("[")
			table = s.key(nil)
			s.skip("]")
		} else {
			s.pair(table)
		}
		if s.pos == start { // not TOML
			break
		}
	}
	return s.seen
}

func (s *scanner) peek() byte {
	if s.pos >= len(s.src) {
		return 0
	}
	return s.src[s.pos]
}

// skip passes over blanks and bytes of the given set.
func (s *scanner) skip(set string) {
	for s.pos < len(s.src) && strings.IndexByte(" \t"+set, s.src[s.pos]) >= 0 {
		s.pos++
	}
}

// blank passes over white space, line ends and comments.
func (s *scanner) blank() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		case '#':
			s.until("\n")
			continue
		default:
			return
		}
		s.pos++
	}
}

// until moves to the next byte of the given set.
func (s *scanner) until(set string) {
	if i := strings.IndexAny(s.src[s.pos:], set); i >= 0 {
		s.pos += i
		return
	}
	s.pos = len(s.src)
}

// key reads a dotted key, notes it and each of its parents, and returns it below table.
func (s *scanner) key(table []string) []string {
	path := append([]string(nil), table...)
	for s.skip(""); ; s.skip("") {
		path = append(path, s.part())
		if name := dotted(path); s.seen[name] == (spot{}) {
			s.seen[name] = spot{s.line, len(s.seen) + 1}
		}
		if s.skip(""); s.peek() != '.' {
			return path
		}
		s.pos++
	}
}

// part reads one part of a key.
func (s *scanner) part() string {
	start := s.pos
	if c := s.peek(); c != '"' && c != '\'' {
		s.until(" \t.=]\r\n")
		return s.src[start:s.pos]
	}
	s.text()
	return unquote(s.src[start:s.pos])
}

// unquote returns the value of a quoted TOML string, or the string itself if it is not one.
func unquote(raw string) string {
	var m map[string]any
	if _, err := toml.Decode("k = "+raw, &m); err == nil {
		if v, ok := m["k"].(string); ok && len(m) == 1 {
			return v
		}
	}
	return raw
}

// text passes over a string of any of TOML's four kinds.
func (s *scanner) text() {
	quote := s.src[s.pos : s.pos+1]
	long := strings.Repeat(quote, 3)
	end := quote
	if strings.HasPrefix(s.src[s.pos:], long) {
		end = long
	}
	s.pos += len(end)
	for s.pos < len(s.src) && !strings.HasPrefix(s.src[s.pos:], end) {
		if s.src[s.pos] == '\\' && quote == `"` && s.pos+1 < len(s.src) {
			s.pos++
		}
		if s.src[s.pos] == '\n' {
			s.line++
		}
		s.pos++
	}
	s.pos = min(s.pos+len(end), len(s.src))
	for end == long && strings.HasPrefix(s.src[s.pos:], quote) { // a quote may stand before the end
		s.pos++
	}
}

// pair passes over a key and its value.
func (s *scanner) pair(table []string) {
	path := s.key(table)
	s.skip("=")
	s.value(path)
}

// value passes over a value, noting the keys of inline tables.
func (s *scanner) value(path []string) {
	switch s.peek() {
	case '"', '\'':
		s.text()
	case '[':
		s.list("]", func() { s.value(path) })
	case '{':
		s.list("}", func() { s.pair(path) })
	default:
		s.until(",]}#\r\n")
	}
}

// list passes over items up to the closing bracket.
func (s *scanner) list(end string, item func()) {
	s.pos++
	for s.blank(); s.pos < len(s.src) && s.src[s.pos:s.pos+1] != end; s.blank() {
		start := s.pos
		item()
		s.blank()
		if s.peek() == ',' {
			s.pos++
		}
		if s.pos == start { // not TOML
			s.pos = len(s.src)
		}
	}
	s.pos = min(s.pos+1, len(s.src))
}
