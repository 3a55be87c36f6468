package main

import (
	"os"
	"strconv"
	"time"
)

// today is the day for which dfbot checks what is out of date: the one that SOURCE_DATE_EPOCH gives in seconds, for
// reproducible output (https://reproducible-builds.org/specs/source-date-epoch/), or else now.
func today() time.Time {
	if n, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(n, 0).UTC()
	}
	return time.Now()
}
