package child

// What reads the kernel's and the processes' words is tested on words.
var (
	ParseCPU     = parseCPU
	ParsePeak    = parsePeak
	ParseMetrics = parseMetrics
)
