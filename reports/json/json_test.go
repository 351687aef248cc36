package json

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/arbench/arbench"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every field of the vocabulary survives, those that are added later too: the test fills whatever
// fields there are. Left out by design is what a threat does beyond norm and eps.
func TestEveryFieldSurvives(t *testing.T) {
	var r arbench.Results
	fill(t, reflect.ValueOf(&r).Elem(), 1)
	if diff := cmp.Diff(&r, roundTrip(t, &r)); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

// fill sets every field that v holds to something other than zero, and returns the next number to
// use.
func fill(t *testing.T, v reflect.Value, k int) int {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Type() == reflect.TypeFor[arbench.Threat]() && (name == "Each" || name == "Family") {
				continue
			}
			k = fill(t, v.Field(i), k)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			k = fill(t, v.Index(i), k)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		k = fill(t, v.Elem(), k)
	case reflect.String:
		v.SetString(strings.Repeat("x", k%7+1) + "<&>\"\n|")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(int64(k))
	case reflect.Uint64:
		v.SetUint(math.MaxUint64 - uint64(k)) // more than a float64 holds
	case reflect.Float64:
		v.SetFloat(float64(k) / 3)
	default:
		t.Fatalf("the vocabulary has a field of kind %s: teach the test, and the schema, about it", v.Kind())
	}
	return k + 1
}

func TestNumbersThatJSONLacksSurvive(t *testing.T) {
	for _, v := range []float64{
		math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 0.1, 1.0 / 3, 1e-320, math.MaxFloat64,
	} {
		r := &arbench.Results{Cells: []arbench.Result{{
			Quantities: []arbench.Quantity{{Name: "q", Value: v, Lo: v, Hi: v}},
		}}}
		got := roundTrip(t, r).Cells[0].Quantities[0].Value
		if math.Float64bits(got) != math.Float64bits(v) && !(math.IsNaN(got) && math.IsNaN(v)) {
			t.Errorf("%v comes back as %v", v, got)
		}
	}
}

func TestEmptyResultsSurvive(t *testing.T) {
	if diff := cmp.Diff(&arbench.Results{}, roundTrip(t, &arbench.Results{})); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func roundTrip(t *testing.T, r *arbench.Results) *arbench.Results {
	t.Helper()
	got, err := Decode(bytes.NewReader(encode(t, r)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func encode(t testing.TB, r *arbench.Results) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := new(Reporter).Report(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "results: EOF"},
		{"cut", `{"schema": 1, "suite": "di`, "results: unexpected EOF"},
		{"future", `{"schema": 2}`, "results have schema 2, this program reads 1"},
		{"something else", `{"name": "x"}`, "results have schema 0, this program reads 1"},
		{"not a number", `{"schema": 1, "level": "high"}`, `results: "high" is not a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(c.in))
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// Whatever Decode takes it can write and read again to the same results.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema":1,"suite":"s","level":0.95,"models":[{"name":"m","epochs":[{"validation":"NaN"}]}],` +
		`"cells":[{"cell":{"kind":"clean"},"quantities":[{"value":"+Inf","lo":-1e3,"n":5}]}]}`))
	f.Add([]byte(`{"schema":1}`))
	f.Add(encode(f, &arbench.Results{Suite: "s", Failures: []arbench.Failure{{Error: "no"}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		if diff := cmp.Diff(r, roundTrip(t, r), cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
