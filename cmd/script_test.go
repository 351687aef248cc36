package cmd_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/arbench/arbench/backends/gomlx/plugin"
	"github.com/arbench/arbench/cmd"
	_ "github.com/arbench/arbench/cmd/standard"
	"github.com/arbench/arbench/internal/record"
	"github.com/arbench/arbench/internal/store"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"arbench": cmd.Main})
}

// TestScript tells each story in testdata/script. A story finds testdata/tiny.toml in its directory
// and has commands of its own: "status code arg…" runs arbench and wants that exit code, -1 if a
// signal ends it; "samecsv a b" compares reports but for seconds; "damage kind" cuts the first
// record of that kind in half; "samebut text a b" compares files but
// for lines that hold the text; "forge dir" changes the last logit of an outcome in a store. The
// condition "xla" holds in programs that load PJRT plug-ins, "pjrt" if there is one for the CPU besides, at $PJRT.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			if err := goEnvironment(e); err != nil {
				return err
			}
			e.Setenv("PJRT", plugIn())
			b, err := os.ReadFile(filepath.Join("testdata", "tiny.toml"))
			if err != nil {
				return err
			}
			return os.WriteFile(e.Cd+"/tiny.toml", b, 0o666)
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "xla":
				return plugin.Linked, nil
			case "pjrt":
				return plugin.Linked && plugIn() != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "samecsv": sameCSV, "damage": damage, "samebut": sameBut, "forge": forge,
		},
	})
}

// goEnvironment lets a story build programs, without a network and with what is built already: the
// packages that this test is of. CHECKOUT is the folder of this module.
func goEnvironment(e *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	lines := strings.Split(string(out), "\n")
	root, err := filepath.Abs("..")
	e.Vars = append(e.Vars, "GOCACHE="+lines[0], "GOMODCACHE="+lines[1], "GOPROXY=off", "GOENV=off",
		"GOFLAGS=-trimpath=false -ldflags=-w", "GOTOOLCHAIN=local", "CHECKOUT="+root)
	return err
}

// plugIn returns the path of the PJRT plug-in for the CPU, "" if this machine has none.
func plugIn() string {
	found, err := plugin.Find(plugin.CPU)
	if err != nil {
		return ""
	}
	return found[0].Path
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status code arg…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("arbench", args[1:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != want {
		ts.Fatalf("arbench %q: %v, want exit code %d", args[1:], err, want)
	}
}

func sameCSV(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samecsv a b")
	}
	a, b := answers(ts, args[0]), answers(ts, args[1])
	if len(a) < 10 {
		ts.Fatalf("%s has %d rows", args[0], len(a))
	}
	if diff := cmp.Diff(a, b); diff != "" {
		ts.Fatalf("-%s +%s:\n%s", args[0], args[1], diff)
	}
}

// answers returns the rows of a CSV report without those of seconds, which are facts of a moment.
func answers(ts *testscript.TestScript, file string) [][]string {
	rows, err := csv.NewReader(bytes.NewReader([]byte(ts.ReadFile(file)))).ReadAll()
	ts.Check(err)
	quantity := slices.Index(rows[0], "quantity")
	return slices.DeleteFunc(rows, func(row []string) bool { return row[quantity] == "seconds" })
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage kind")
	}
	files, err := filepath.Glob(ts.MkAbs(".arbench") + "/??/*." + args[0])
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("the store has no record of kind %s", args[0])
	}
	info, err := os.Stat(files[0])
	ts.Check(err)
	ts.Check(os.Truncate(files[0], info.Size()/2))
}

func sameBut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: samebut text a b")
	}
	lines := func(file string) []string {
		return slices.DeleteFunc(strings.Split(ts.ReadFile(file), "\n"), func(line string) bool {
			return strings.Contains(line, args[0])
		})
	}
	if diff := cmp.Diff(lines(args[1]), lines(args[2])); diff != "" {
		ts.Fatalf("-%s +%s:\n%s", args[1], args[2], diff)
	}
}

func forge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: forge dir")
	}
	st, err := store.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	for id, err := range st.List("outcome") {
		ts.Check(err)
		b, _, err := st.Get(id, "outcome")
		ts.Check(err)
		o, err := record.DecodeOutcome(b)
		ts.Check(err)
		o.Logits.Data[len(o.Logits.Data)-1]++
		b, err = record.EncodeOutcome(o)
		ts.Check(err)
		ts.Check(st.Put(id, "outcome", b))
		return
	}
	ts.Fatalf("%s has no outcome", args[0])
}
