package main

import (
	"os"
	"strconv"
	"time"
)

// today is the day for which to judge what may be out of date: the one that SOURCE_DATE_EPOCH names
// in seconds, for output that can be reproduced (https://reproducible-builds.org/specs/source-date-epoch/),
// or else now.
func today() time.Time {
	if n, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(n, 0).UTC()
	}
	return time.Now()
}
