package main

import "time"

// pace is how long the parts of `dfbot serve` wait: after a failed attempt, after a death of the process, before a
// read is repeated, for a write without a clear answer, and between writes. Zero is the default of each part. It is not
// a setting: only tests that kill the program over and over run it at another pace.
var pace struct{ backoff, death, repeat, late, write time.Duration }
