package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/arbench/arbench"
)

// pools hand out subsets of the examples of a dataset. A subset is balanced over the classes and a
// function of the data alone; a smaller one of the same purpose is part of a larger one.
type pools struct {
	data   *arbench.Data
	size   int // values of one image
	labels map[arbench.Split][]int
	made   map[string][]int // subsets by what they are for
}

func newPools(d *arbench.Data, size int) *pools {
	return &pools{data: d, size: size, labels: map[arbench.Split][]int{}, made: map[string][]int{}}
}

// all returns the ids of every example of a split.
func (p *pools) all(s arbench.Split) []int {
	ids := make([]int, p.data.Split(s).Len())
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// classes returns the class of each example of a split, which it reads once.
func (p *pools) classes(s arbench.Split) []int {
	if y, ok := p.labels[s]; ok {
		return y
	}
	e, x := p.data.Split(s), make([]float32, p.size)
	y := make([]int, e.Len())
	for i := range y {
		y[i] = e.Read(i, x)
	}
	p.labels[s] = y
	return y
}

// subset returns n of the given ids, ascending: the first n when the classes take turns, each
// offering its examples in a random order that depends on purpose. It returns ids themselves if
// there are no more than n.
func subset(ids, classes []int, n int, purpose string) []int {
	if n >= len(ids) {
		return ids
	}
	type place struct {
		id, turn int
		draw     uint64
	}
	places := make([]place, len(ids))
	for i, id := range ids {
		places[i] = place{id: id, draw: arbench.KeyedRand(0, "subset", purpose, id).Uint64()}
	}
	byDraw := func(a, b place) int { return cmp.Or(cmp.Compare(a.draw, b.draw), cmp.Compare(a.id, b.id)) }
	slices.SortFunc(places, byDraw)
	turns := map[int]int{}
	for i, p := range places {
		places[i].turn = turns[classes[p.id]]
		turns[classes[p.id]]++
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), byDraw(a, b))
	})
	out := make([]int, n)
	for i, p := range places[:n] {
		out[i] = p.id
	}
	slices.Sort(out)
	return out
}

// without returns the ids that drop lacks. Both are ascending.
func without(ids, drop []int) []int {
	out := make([]int, 0, len(ids)-len(drop))
	for _, id := range ids {
		if _, found := slices.BinarySearch(drop, id); !found {
			out = append(out, id)
		}
	}
	return out
}

// split divides the training split into what may be trained on and what is held out.
func (b *builder) split() {
	s, all := b.Suite, b.pools.all(arbench.Train)
	b.pool = all
	if s.Validation == 0 && s.TrainSize == 0 || len(all) == 0 {
		return
	}
	if n := s.Validation + s.TrainSize; n > len(all) || s.Validation == len(all) {
		b.fail("dataset", "validation %d and train %d leave too little of %d training examples",
			s.Validation, s.TrainSize, len(all))
		return
	}
	b.validation = subset(all, b.pools.classes(arbench.Train), s.Validation, "validation")
	b.pool = without(all, b.validation)
}

// trainedOn returns the ids of the examples that a model is trained on: n of those that are not held
// out, by default as many as the dataset's train says, else all.
func (b *builder) trainedOn(key string, n int) []int {
	if n > len(b.pool) && len(b.pool) > 0 {
		b.fail(key+".train", "%d, but there are %d training examples that are not held out", n, len(b.pool))
	}
	if n = cmp.Or(n, b.Suite.TrainSize); n == 0 {
		return b.pool
	}
	at := fmt.Sprint("trained on ", n)
	if _, ok := b.pools.made[at]; !ok {
		b.pools.made[at] = subset(b.pool, b.pools.classes(arbench.Train), n, "train")
	}
	return b.pools.made[at]
}

// examples returns the ids of n examples of a split, of all for n = 0, within the limit; of the
// training split those that m is trained on.
func (b *builder) examples(key string, m *Model, s arbench.Split, n int) []int {
	ids := m.Train
	if s == arbench.Test {
		ids = b.pools.all(s)
	}
	if n > len(ids) && len(ids) > 0 {
		b.note(key, "asks for %d %s examples of %d: all of them are used", n, s, len(ids))
	}
	if n == 0 {
		n = len(ids)
	}
	if b.Limit > 0 {
		n = min(n, b.Limit)
	}
	at := fmt.Sprint(s, " ", len(ids), " ", n)
	if _, ok := b.pools.made[at]; !ok {
		b.pools.made[at] = subset(ids, b.pools.classes(s), n, "evaluation")
	}
	return b.pools.made[at]
}
