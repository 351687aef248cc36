package json

import "github.com/arbench/arbench"

// A document is the JSON form of arbench.Results. Its types repeat those of the vocabulary, so that
// a change there cannot change files by accident.
type document struct {
	Schema   int          `json:"schema"`
	Suite    string       `json:"suite"`
	Title    string       `json:"title,omitempty"`
	Note     string       `json:"note,omitempty"`
	Dataset  string       `json:"dataset,omitempty"`
	Digest   string       `json:"digest,omitempty"`
	CopyOf   string       `json:"copy_of,omitempty"`
	Train    int          `json:"train,omitempty"`
	Backend  string       `json:"backend,omitempty"`
	Numeric  string       `json:"numeric,omitempty"`
	Level    number       `json:"level"`
	Trust    string       `json:"trust,omitempty"`
	Limit    int          `json:"limit,omitempty"`
	Partial  bool         `json:"partial,omitempty"`
	Models   []model      `json:"models"`
	Cells    []answer     `json:"cells"`
	Failures []failure    `json:"failures,omitempty"`
	Gates    []gate       `json:"gates,omitempty"`
	Cross    []crossCheck `json:"cross_checks,omitempty"`
	Planned  planned      `json:"planned,omitzero"`
	Checks   []string     `json:"checks,omitempty"` // ids of the answers to those that are planned
	Versions []version    `json:"versions,omitempty"`
	Command  string       `json:"command,omitempty"`
	Settings string       `json:"settings,omitempty"`
}

// planned is how much the suite asks for, 0 if that is not known.
type planned struct {
	Models int `json:"models"`
	Cells  int `json:"cells"`
	Checks int `json:"checks,omitempty"`
}

type model struct {
	Name         string       `json:"name"`
	Twin         string       `json:"twin,omitempty"`
	Seed         uint64       `json:"seed"`
	ID           string       `json:"id,omitempty"`
	Digest       string       `json:"digest,omitempty"`
	Backend      string       `json:"backend,omitempty"`
	Evaluator    string       `json:"evaluator,omitempty"`
	Given        bool         `json:"given,omitempty"`
	Arch         string       `json:"arch,omitempty"`
	Params       int          `json:"params,omitempty"`
	Examples     int          `json:"examples,omitempty"`
	Strength     number       `json:"strength"`
	Norm         arbench.Norm `json:"norm,omitempty"`
	Regularizers []string     `json:"regularizers,omitempty"`
	Seconds      number       `json:"seconds"`
	Compiling    number       `json:"compiling,omitempty"` // seconds beside them
	Passes       passes       `json:"passes"`
	Epochs       []epoch      `json:"epochs,omitempty"`
	Warnings     []string     `json:"warnings,omitempty"`
}

type passes struct {
	Forward  int `json:"forward"`
	Backward int `json:"backward"`
}

type epoch struct {
	Epoch      int     `json:"epoch"`
	Rate       number  `json:"rate"`
	Loss       number  `json:"loss"`
	Accuracy   number  `json:"accuracy"`
	Clean      *number `json:"clean,omitempty"` // missing is NaN
	Validation number  `json:"validation"`
}

type answer struct {
	Cell       cell          `json:"cell"`
	ID         string        `json:"id,omitempty"`
	Quantities []quantity    `json:"quantities"`
	Trust      arbench.Trust `json:"trust,omitempty"` // the worst of the findings
	Findings   []finding     `json:"findings,omitempty"`
	Standard   string        `json:"standard,omitempty"`
	Common     common        `json:"common,omitzero"` // missing where all attacks have the same examples
	Options    string        `json:"options,omitempty"`
	Seconds    number        `json:"seconds"`
	Compiling  number        `json:"compiling,omitempty"` // seconds beside them
	Passes     passes        `json:"passes"`
	Warnings   []string      `json:"warnings,omitempty"`
}

type common struct {
	Accuracy number `json:"accuracy"`
	N        int    `json:"n"`
}

type cell struct {
	Kind   arbench.Kind  `json:"kind,omitempty"`
	Model  string        `json:"model"`
	Seed   uint64        `json:"seed"`
	Split  arbench.Split `json:"split,omitempty"`
	Attack string        `json:"attack,omitempty"`
	Probe  string        `json:"probe,omitempty"`
	Threat string        `json:"threat,omitempty"`
	Norm   arbench.Norm  `json:"norm,omitempty"`
	Eps    number        `json:"eps"`
}

type quantity struct {
	Name     string        `json:"name"`
	Split    arbench.Split `json:"split,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Unit     string        `json:"unit,omitempty"`
	Value    number        `json:"value"`
	Lo       number        `json:"lo"`
	Hi       number        `json:"hi"`
	N        int           `json:"n"`
	Better   int           `json:"better"`
	Trust    arbench.Trust `json:"trust,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`
}

type finding struct {
	Row      int           `json:"row"`
	Check    string        `json:"check"`
	Trust    arbench.Trust `json:"trust,omitempty"`
	Compared string        `json:"compared,omitempty"`
	Evidence *quantity     `json:"evidence,omitempty"` // missing where the check was not made
	Limit    number        `json:"limit"`
	Note     string        `json:"note,omitempty"`
}

type failure struct {
	Cell  cell   `json:"cell"`
	Error string `json:"error"`
}

type version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}
