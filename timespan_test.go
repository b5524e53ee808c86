package superoffice

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeSpansAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"00:15:00": 15 * time.Minute, "00:15": 15 * time.Minute, "-00:15:00": -15 * time.Minute, "1.02:03:04": 26*time.Hour + 3*time.Minute + 4*time.Second,
		"00:00:00.5": time.Second / 2, "00:00:00.1234567": 123456700, "-1.00:00:00.0000001": -24*time.Hour - 100, "3": 72 * time.Hour, "1.00:15": 24*time.Hour + 15*time.Minute, "-00:00:00": 0, "00:00:00.123456789": 123456789,
		"106751.23:47:16.854775807": math.MaxInt64, "-106751.23:47:16.854775807": -math.MaxInt64, "23:59:59": 24*time.Hour - time.Second,
		"00:00:00": 0, "": 0, "106750.00:00:00": 106750 * 24 * time.Hour,
	} {
		var s TimeSpan
		require.NoError(t, s.UnmarshalText([]byte(text)))
		got, err := s.Duration()
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want == 0, s.IsZero(), text)
		if text != "" {
			assert.Equal(t, text, s.String(), "the text is kept")
			parsed, err := ParseTimeSpan(text)
			require.NoError(t, err)
			assert.Equal(t, s, parsed)
		}
	}
}

func TestWhatIsNoTimeSpan(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "soon", "24:00:00", "00:60:00", "00:00:60", "1:2:3:4", "00:00:00.1234567890", "00:00:00.x", "+1", "--1", "00:+1", "1.x:00", "10675200.00:00:00", "-", "00:00:00.", "1.", ".05:00:00", "1,5"} {
		_, err := ParseTimeSpan(text)
		assert.ErrorIs(t, err, ErrInvalidArgument, text)
		if text != "" {
			var s TimeSpan
			require.NoError(t, s.UnmarshalText([]byte(text)))
			_, err = s.Duration()
			assert.ErrorContains(t, err, "the time span", text)
			assert.False(t, s.IsZero(), text)
		}
	}
	for _, text := range []string{"10675199.02:48:05.4775807", "106751.23:47:16.854775808", "106751.23:47:17", "-106751.23:47:17"} {
		long, err := ParseTimeSpan(text)
		require.NoError(t, err, text)
		_, err = long.Duration()
		assert.ErrorContains(t, err, text+" is longer than a time.Duration")
	}
}

func TestTimeSpansAreMade(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "00:00:00", 99: "00:00:00", -99: "00:00:00", 100: "00:00:00.0000001", time.Second / 2: "00:00:00.5", -15 * time.Minute: "-00:15:00",
		26*time.Hour + 3*time.Minute + 4*time.Second: "1.02:03:04", math.MaxInt64: "106751.23:47:16.8547758", math.MinInt64: "-106751.23:47:16.8547758",
	} {
		assert.Equal(t, want, TimeSpanOf(d).String())
	}
	assert.Equal(t, TimeSpan{}, TimeSpanOf(0))
	text, err := TimeSpan{}.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "00:00:00", string(text))
}

// FuzzTimeSpan makes a span of any length and reads any text.
func FuzzTimeSpan(f *testing.F) {
	f.Add(int64(0), "1.02:03:04.5")
	f.Add(int64(-15*time.Minute), "3")
	f.Add(int64(math.MaxInt64), "106751.23:47:16.854775807")
	f.Add(int64(math.MinInt64), "-00:00:00.1")
	f.Fuzz(func(t *testing.T, n int64, text string) {
		back, err := TimeSpanOf(time.Duration(n)).Duration()
		require.NoError(t, err)
		assert.Equal(t, n/100*100, int64(back))
		s, err := ParseTimeSpan(text)
		if err != nil {
			return
		}
		assert.Equal(t, text, s.String())
		if d, err := s.Duration(); err == nil {
			assert.Equal(t, d == 0, s.IsZero())
			again, err := TimeSpanOf(d).Duration()
			require.NoError(t, err)
			assert.Equal(t, d/100*100, again)
		}
	})
}
