package arbench

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// KeyedRand returns a generator whose stream is a function of seed and keys alone: strings and
// integers that say what is drawn, and for which example. Everything random in arbench comes from
// such generators, so that no result depends on the order in which things are done.
func KeyedRand(seed uint64, keys ...any) *rand.Rand {
	h := fnv.New128a()
	var b [8]byte
	word := func(v uint64) {
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	word(seed)
	for _, k := range keys {
		switch k := k.(type) {
		case int:
			word(uint64(k))
		case uint64:
			word(k)
		case string:
			word(uint64(len(k)))
			h.Write([]byte(k))
		default:
			panic(fmt.Sprintf("arbench: KeyedRand of a %T", k)) // a programmer's mistake
		}
	}
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))
}
