package arbench

import "context"

// compiling is the key of what [WatchCompiling] puts into a context.
type compiling struct{}

// WatchCompiling returns a context in which a backend that compiles calls begin with what it compiles, such as
// "pass of 64 rows", and then what begin returned, once it is done or has failed. Several goroutines may do so
// at once. Whoever watches outside hears of it too.
func WatchCompiling(ctx context.Context, begin func(program string) (end func())) context.Context {
	outer, ok := ctx.Value(compiling{}).(func(string) func())
	if !ok {
		return context.WithValue(ctx, compiling{}, begin)
	}
	return context.WithValue(ctx, compiling{}, func(program string) func() {
		endOuter, end := outer(program), begin(program)
		return func() {
			end()
			endOuter()
		}
	})
}

// Compiling says to those who watch ctx that a program begins to be compiled, and returns what says that it
// was; or has been waited for, where another goroutine compiles it. Backends call it around what takes so long
// before a first pass and no later one.
func Compiling(ctx context.Context, program string) (end func()) {
	begin, ok := ctx.Value(compiling{}).(func(string) func())
	if !ok {
		return func() {}
	}
	return begin(program)
}
