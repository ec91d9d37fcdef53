// Package ways tells whether the plugin is to be as its original is where that is less kind, so
// that a program can be shown to need none of the kindness.
package ways

import "os"

// Variable, set to Original in the plugin's environment, gives the original's ways: no bound on
// a login once the server has accepted, output lines of 64 KiB at most before the logging stops
// for good, commands that go on when the run is cancelled, a connection left open by each, no
// RSA host key, and no asset that a preview does not know.
const (
	Variable = "NUTRI_COMMAND_WAYS"
	Original = "original"
)

// AreOriginal says whether it is set.
func AreOriginal() bool { return os.Getenv(Variable) == Original }
