//go:build !linux

package gorgonia

// adviseHuge asks the system to put s on huge pages.
func adviseHuge([]float32) {}
