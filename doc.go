// Package arbench is the vocabulary of arbench, a benchmark of adversarial robustness: what it costs
// in standard accuracy, and what it regularizes (Wen, Li & Jia, ICML 2020).
//
// A suite file names a [Dataset], nets ([Architecture], [Network]), regularized trainings
// ([Regularizer]), threats ([Threat]), attacks ([Attack]) and probes ([Probe]). The runner trains
// each [Model] on a [Backend], puts it to each attack by way of an [Oracle], judges the candidates
// itself, and keeps an [Outcome] for each example. A [Measure] derives quantities from outcomes when
// a [Reporter] renders them.
//
// Plugins of all kinds register themselves from init; the built-in ones use nothing that a package
// in another module cannot use:
//
//	func init() {
//		arbench.Attacks.Register("name", func() arbench.Attack { return &Attack{Steps: 10} })
//	}
package arbench
