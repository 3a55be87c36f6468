package analysis

import "github.com/dfbot/dfbot/review/buildcontext"

// contextGaps says what was not judged because the build context is beyond a bound.
func contextGaps(c *buildcontext.Context) []Message {
	if c == nil {
		return nil
	}
	switch c.Limit() {
	case buildcontext.IgnoreLimit:
		return []Message{Say("what COPY and ADD take was not reviewed: %s has too many patterns, or too long ones, for a repository of this size", c.IgnoreFile())}
	case buildcontext.SourcesLimit:
		return []Message{Say("what COPY and ADD take was not reviewed: they name too many files for a Dockerfile so deep in the repository")}
	}
	return nil
}
