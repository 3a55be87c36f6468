package analysis

import "github.com/dfbot/dfbot/review/buildcontext"

// contextGaps is what was not reviewed because the build context is beyond a bound.
func contextGaps(c *buildcontext.Context) []Message {
	if c == nil {
		return nil
	}
	switch c.Limit() {
	case buildcontext.IgnoreLimit:
		return []Message{Say("COPY and ADD were not checked against the build context: "+
			"%s has too many or too long patterns for a repository of this size", c.IgnoreFile())}
	case buildcontext.SourcesLimit:
		return []Message{Say("COPY and ADD were not checked against the build context: " +
			"they name too many files for a Dockerfile so deep in the repository")}
	}
	return nil
}
