package access

import (
	"strings"
	"unicode"

	"github.com/waymark-ledger/waymark/chaincode/waymark"
)

// Bounds on what a policy's text may nest, checked before it is parsed: the parser
// and the evaluator recurse without a limit of their own, and a stack that overflows
// ends the process.
const (
	maxNesting = 64 // of brackets and unary operators together
	maxIfs     = 64 // an if has no closing bracket, so all count
	maxPath    = 16 // dots in one chain: "has a.b.c" compiles to a square of its length
)

// Bounds on how long a policy takes to parse and to evaluate, which every decision about
// its owner's resources does anew.
const (
	maxTokens  = 1500 // words, strings, operators and brackets
	maxLiteral = 256  // bytes of a string: matching a pattern takes the product of both lengths
)

// checkNesting checks the bounds of a text, with Invalid that points at /text. It
// knows strings and comments, in which brackets count for nothing, and finds those
// that do not end.
func checkNesting(text string) error {
	n := nesting{rest: text}
	for n.rest != "" && n.fault == "" {
		n.countToken()
		n.step()
	}
	if n.fault != "" {
		return waymark.InvalidField("/text", "%s", n.fault)
	}
	return nil
}

// nesting is a scan of a policy's text.
type nesting struct {
	rest  string
	fault string
	open  []int // for each open bracket how deep it goes: itself and the unary operators before it
	depth int   // the sum of open
	unary int   // operators in a row, before what they apply to
	dots  int   // in the chain that is being read
	dot   bool  // the last token was one
	ifs   int
	count int // tokens
}

// countToken counts what is neither space nor comment.
func (n *nesting) countToken() {
	if n.rest[0] > ' ' && !strings.HasPrefix(n.rest, "//") {
		n.count++
	}
	if n.count > maxTokens {
		n.fault = "has more than 1500 words, strings and operators"
	}
}

// step reads one token.
func (n *nesting) step() {
	switch c := n.rest[0]; {
	case c == '"':
		n.text()
	case strings.HasPrefix(n.rest, "//"):
		_, n.rest, _ = strings.Cut(n.rest, "\n")
	case strings.HasPrefix(n.rest, "/*"):
		n.fault = "has a comment that begins with /*: Cedar has only those that begin with //"
	case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		n.rest = n.rest[1:]
	case word(rune(c)):
		n.word()
	default:
		n.operator(c)
	}
}

// text reads a string.
func (n *nesting) text() {
	n.unary, n.dots, n.dot = 0, 0, false
	for i := 1; i < len(n.rest); i++ {
		switch n.rest[i] {
		case '\\':
			i++
		case '"':
			if i > maxLiteral {
				n.fault = "has a string of more than 256 bytes"
			}
			n.rest = n.rest[i+1:]
			return
		}
	}
	n.fault = "has a string that does not end"
}

func word(r rune) bool {
	return r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// word reads an identifier, a keyword or a number: it goes on with a chain only
// after a dot.
func (n *nesting) word() {
	end := strings.IndexFunc(n.rest, func(r rune) bool { return !word(r) })
	if end < 0 {
		end = len(n.rest)
	}
	if n.rest[:end] == "if" {
		n.ifs++
	}
	if !n.dot {
		n.dots = 0
	}
	n.unary, n.dot, n.rest = 0, false, n.rest[end:]
	if n.ifs > maxIfs {
		n.fault = "has more than 64 ifs"
	}
}

// operator reads one character that is none of the above.
func (n *nesting) operator(c byte) {
	n.rest = n.rest[1:]
	switch c {
	case '.':
		n.dots, n.dot = n.dots+1, true
		if n.dots > maxPath {
			n.fault = "has a chain of more than 16 attributes"
		}
		return
	case '!', '-':
		n.unary++
	case '(', '[', '{':
		n.open = append(n.open, 1+n.unary)
		n.depth += 1 + n.unary
		n.unary = 0
	case ')', ']', '}':
		n.close()
	default:
		if c > ' ' && c < unicode.MaxASCII { // what is no character of Cedar ends nothing
			n.unary = 0
		}
	}
	n.dots, n.dot = 0, false
	if n.depth+n.unary > maxNesting {
		n.fault = "is nested deeper than 64 brackets and unary operators"
	}
}

// close ends the last open bracket; one too many is the parser's to find.
func (n *nesting) close() {
	n.unary = 0
	if last := len(n.open) - 1; last >= 0 {
		n.depth -= n.open[last]
		n.open = n.open[:last]
	}
}
