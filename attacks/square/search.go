package square

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/arbench/arbench"
)

// A search is the state of a trial.
type search struct {
	attack *Attack
	trial  arbench.Trial
	draw   sampler

	best     arbench.Tensor // the candidate of each row: of greatest loss in all restarts, or broken
	greatest []float64      // its loss
	x        arbench.Tensor // x̂ of algorithm 1: the point of each row that this restart has come to
	loss     []float64      // its loss
	rng      []*rand.Rand   // of each row, in this restart
	broken   []bool

	// What one query is made of, row by row of those asked about.
	asked    []int
	y        []int
	proposed arbench.Tensor
	values   []float64
}

func newSearch(a *Attack, t arbench.Trial) *search {
	n := t.Len()
	draw := newSampler(t.Norm, t.X.Shape[1:])
	if a.Compat {
		draw.asReference()
	}
	return &search{
		attack: a, trial: t, draw: draw,
		best: t.X.Clone(), greatest: make([]float64, n), x: t.X.Clone(), loss: make([]float64, n),
		rng: make([]*rand.Rand, n), broken: make([]bool, n),
		asked: make([]int, 0, n), y: make([]int, 0, n), proposed: t.X.Clone(), values: make([]float64, n),
	}
}

// perturb is Attack.Perturb.
func (s *search) perturb(ctx context.Context) (arbench.Tensor, error) {
	var rows []int
	if s.trial.Model.Info().Classes > 1 {
		rows = s.trial.Movable()
	}
	rows, err := s.look(ctx, rows)
	for restart := 0; restart < s.attack.Restarts && err == nil; restart++ {
		rows, err = s.run(ctx, rows, restart)
	}
	return s.best, err
}

// look asks about the images themselves and returns the rows that are classified correctly.
func (s *search) look(ctx context.Context, rows []int) ([]int, error) {
	s.begin()
	for _, r := range rows {
		copy(s.next(), s.trial.X.Row(r))
		s.put(r)
	}
	if err := s.query(ctx); err != nil {
		return nil, err
	}
	for i, r := range s.asked {
		s.greatest[r] = s.values[i]
	}
	return s.left(rows), nil
}

// run makes one restart for the given rows, which it overwrites, and returns those that it did not break.
func (s *search) run(ctx context.Context, rows []int, restart int) ([]int, error) {
	all := slices.Clone(rows)
	for _, r := range rows {
		s.rng[r] = s.trial.Rand(r, "square", restart)
	}
	for q := -1; q < s.attack.Queries && len(rows) > 0; q++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if q == 0 && s.attack.Compat {
			for _, r := range rows {
				s.rng[r] = arbench.KeyedRand(s.trial.Seed, "square of all images", restart)
			}
		}
		s.propose(rows, q)
		if err := s.query(ctx); err != nil {
			return nil, err
		}
		for i, r := range s.asked {
			if v := s.values[i]; q < 0 || v > s.loss[r] || s.broken[r] {
				copy(s.x.Row(r), s.proposed.Row(i))
				s.loss[r] = v
			}
		}
		rows = s.left(rows)
	}
	for _, r := range all {
		if s.broken[r] || s.loss[r] > s.greatest[r] {
			copy(s.best.Row(r), s.x.Row(r))
			s.greatest[r] = s.loss[r]
		}
	}
	return rows, nil
}

// propose draws the start of each row if q is negative, else the change that is query q.
func (s *search) propose(rows []int, q int) {
	if q >= 0 {
		s.draw.resize(s.attack.share(q))
	}
	s.begin()
	for _, r := range rows {
		x, x0, eps := s.next(), s.trial.X.Row(r), s.trial.At(r)
		if q < 0 {
			s.draw.start(x, x0, eps, s.rng[r])
		} else {
			copy(x, s.x.Row(r))
			s.draw.move(x, x0, eps, s.rng[r])
		}
		if q < 0 || !slices.Equal(x, s.x.Row(r)) {
			s.put(r)
		}
	}
}

// begin starts a query; next is the room for its next image, which put makes that of row r.
func (s *search) begin() { s.asked, s.y = s.asked[:0], s.y[:0] }

func (s *search) next() []float32 {
	n := len(s.best.Data) / s.best.Len()
	i := len(s.asked)
	return s.proposed.Data[i*n : (i+1)*n]
}

func (s *search) put(r int) {
	s.asked, s.y = append(s.asked, r), append(s.y, s.trial.Y[r])
}

// query asks the model about what was put. It sets the loss of each image, to -Inf where it is NaN, and
// says which rows are broken.
func (s *search) query(ctx context.Context) error {
	if len(s.asked) == 0 {
		return nil
	}
	s.proposed.Shape[0] = len(s.asked)
	x := arbench.Tensor{Shape: s.proposed.Shape, Data: s.proposed.Data[:arbench.Volume(s.proposed.Shape)]}
	z, err := s.trial.Model.Logits(ctx, x, s.asked...)
	if err != nil {
		return err
	}
	s.values = s.values[:len(s.asked)]
	if s.attack.Loss == "ce" {
		arbench.CrossEntropy{Y: s.y}.Eval(z, arbench.Tensor{}, s.values)
	} else {
		arbench.Margin{Y: s.y}.Eval(z, arbench.Tensor{}, s.values)
	}
	for i, r := range s.asked {
		if math.IsNaN(s.values[i]) {
			s.values[i] = math.Inf(-1)
		}
		s.broken[r] = arbench.Argmax(z.Row(i)) != s.y[i]
	}
	return nil
}

// left keeps the rows that are not broken.
func (s *search) left(rows []int) []int {
	return slices.DeleteFunc(rows, func(r int) bool { return s.broken[r] })
}
