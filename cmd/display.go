package cmd

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/arbench/arbench/internal/wording"
)

// lines shows progress as lines, for logs.
type lines struct {
	w     io.Writer
	every time.Duration // least time between two lines on the same work
	told  map[*work]time.Time
}

func newLines(w io.Writer, every time.Duration) *lines {
	return &lines{w: w, every: every, told: map[*work]time.Time{}}
}

func (l *lines) started(_ *meter, w *work) {
	l.tell(w, "started")
}

func (l *lines) advanced(m *meter, w *work) {
	if time.Since(l.told[w]) < l.every {
		return
	}
	text := fmt.Sprintf("%d %%; everything: %d %%", percent(w.done, w.size), percent(m.done, m.total))
	if left := m.left(); left > 0 {
		text += fmt.Sprintf(", about %s left", left)
	}
	l.tell(w, text)
}

func (l *lines) compiling(_ *meter, w *work, program string) { l.tell(w, "compiling "+program) }

func (l *lines) ended(_ *meter, w *work, how string) {
	if how == "" {
		how = "done in " + seconds(time.Since(w.begun))
	}
	l.tell(w, how)
}

func (l *lines) end(_ *meter, summary string) { fmt.Fprintf(l.w, "arbench: %s\n", summary) }

func (l *lines) tell(w *work, text string) {
	l.told[w] = time.Now()
	fmt.Fprintf(l.w, "arbench: %s: %s\n", w.name, text)
}

// bar shows progress as one line of a terminal, in its own colours.
type bar struct {
	w     io.Writer
	under []*work // under way
	bar   *progressbar.ProgressBar
}

func newBar(w io.Writer) *bar { return &bar{w: w} }

func (b *bar) started(m *meter, w *work) {
	b.under = append(b.under, w)
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(m.total+1,
			progressbar.OptionSetWriter(b.w), progressbar.OptionFullWidth(),
			progressbar.OptionSetElapsedTime(true), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionUseANSICodes(true))
	}
	b.draw(m, "")
}

func (b *bar) advanced(m *meter, _ *work) { b.draw(m, "") }

func (b *bar) compiling(m *meter, w *work, program string) {
	b.draw(m, w.name+": compiling "+program)
}

func (b *bar) ended(m *meter, w *work, how string) {
	for i, u := range b.under {
		if u == w {
			b.under = append(b.under[:i:i], b.under[i+1:]...)
			break
		}
	}
	if how != "" {
		b.line(fmt.Sprintf("%s: %s", w.name, how))
	}
	b.draw(m, "")
}

// draw shows where the meter is, with a text in the place of what is under way if there is one. The bar is one longer than the work, so that it does not end
// itself before the run does.
func (b *bar) draw(m *meter, text string) {
	if b.bar == nil {
		return
	}
	if b.bar.GetMax64() != m.total+1 {
		b.bar.ChangeMax64(m.total + 1)
	}
	if text == "" && len(b.under) > 0 {
		text = b.under[0].name
	}
	if more := len(b.under) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	b.bar.Describe(text)
	b.bar.Set64(m.done)
}

func (b *bar) end(_ *meter, summary string) { b.line(summary) }

// line writes a line that stays, above the bar.
func (b *bar) line(text string) {
	if b.bar != nil {
		b.bar.Clear()
	}
	fmt.Fprintf(b.w, "arbench: %s\n", text)
}

// seconds returns a duration as people write it.
func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// percent returns how many hundredths of whole are done.
func percent(done, whole int64) int { return int(100 * float64(done) / float64(whole)) }

// oneLine returns the text of an error on one line.
func oneLine(err error) string { return wording.OneLine(err.Error()) }
