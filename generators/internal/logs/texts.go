package logs

// texts is the vocabulary of the generated events.
type texts struct {
	methods, paths []string
	byLevel        [levelCount][]string
	statuses       [levelCount][]int
	failures       []failure
	filler         string
}

type failure struct{ kind, message string }

func newTexts() texts {
	return texts{
		methods: []string{"GET", "GET", "GET", "POST", "PUT", "DELETE"},
		paths:   []string{"/", "/api/cart", "/api/catalog", "/api/checkout", "/api/orders", "/api/payments", "/api/users"},
		byLevel: [levelCount][]string{
			LevelDebug: {"cache lookup", "connection taken from the pool", "feature flag evaluated"},
			LevelInfo:  {"request served", "order accepted", "session renewed", "message published"},
			LevelWarn:  {"slow response", "retrying upstream", "rate limit near", "deprecated field used"},
			LevelError: {"request failed", "upstream unavailable", "write rejected"},
			LevelFatal: {"shutting down after an unrecoverable failure", "out of memory"},
		},
		statuses: [levelCount][]int{
			LevelDebug: {200},
			LevelInfo:  {200, 200, 200, 201, 204},
			LevelWarn:  {200, 404, 409, 429},
			LevelError: {500, 502, 503, 504},
			LevelFatal: {500},
		},
		failures: []failure{
			{"TimeoutError", "no answer within 2s"},
			{"ConnectionError", "connection refused"},
			{"DatabaseError", "deadlock detected"},
			{"ValidationError", "amount must be positive"},
		},
		filler: "The quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs. ",
	}
}
