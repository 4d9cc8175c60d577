package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// channel is a vendor's business, to be made up.
type channel struct {
	prefix    string // of the ids of its opportunities
	seed      uint64
	deals     int
	direct    float64 // share that the vendor sells itself
	partners  []partner
	products  []product
	customers []customer
	managers  map[string]string // by region
	weight    map[string]float64
	skill     map[string]float64
}

var projects = []string{
	"packing line", "palletiser cell", "line 2 retrofit", "line 4 retrofit", "cold store", "bottling line", "press shop", "test bench", "conveyor loop",
	"safety upgrade", "new hall", "filler replacement", "spare parts frame", "mixing plant", "paint shop", "sorting centre", "pilot plant", "energy monitoring",
	"loading bay", "clean room", "boiler house", "cutting table", "assembly island", "water treatment",
}

// drift is how regions became better or worse at winning over the last year, so that there is something to see.
var drift = map[string]float64{"Iberia & Italy": 0.45, "UK & Ireland": -0.40, "Asia Pacific": 0.25, "France & Benelux": -0.10}

// files writes the channel's export as of now.
func (c channel) files(now time.Time) map[string][]byte {
	now = now.UTC().Truncate(time.Minute)
	pipeline := table("id", "name", "partner", "product", "account", "stage", "registered", "close_date", "amount", "region")
	history := table("id", "stage", "entered_at", "amount", "close_date", "recorded_at")
	used := map[string]customer{}
	shops := c.shops()
	for i, from := range c.beginnings(now) {
		id := fmt.Sprintf("%s-%05d", c.prefix, i+1)
		r := rand.New(rand.NewPCG(c.seed, uint64(i)))
		s := shops[pick(r, shops)]
		buyer, what := s.customer(r), c.products[r.IntN(len(c.products))]
		d := c.deal(r, now, s, from, what)
		last, account := d.last(), buyer.name
		if r.Float64() < 0.012 {
			account = "" // nobody noted for whom
		} else {
			used[buyer.name] = buyer
		}
		pipeline.add(id, buyer.name+": "+projects[r.IntN(len(projects))], s.name, what.name, account, stageNames[last.stage],
			d.steps[0].at.Format(time.DateOnly), last.close.Format(time.DateOnly), strconv.Itoa(last.amount), s.region)
		for _, st := range d.steps {
			history.add(id, stageNames[st.stage], st.at.Format(time.RFC3339), strconv.Itoa(st.amount), st.close.Format(time.DateOnly), st.recorded.Format(time.RFC3339))
		}
	}
	return map[string][]byte{
		"products.csv": c.productFile(), "sales_teams.csv": c.teamFile(), "accounts.csv": c.accountFile(used),
		"sales_pipeline.csv": pipeline.done(), "stage_history.csv": history.done(),
	}
}

// shop is who sells: a partner, or the vendor itself in a region.
type shop struct {
	partner
	weight, skill float64
	customers     []customer
}

// customer comes back more often the earlier it stands in the shop's list.
func (s shop) customer(r *rand.Rand) customer {
	return s.customers[int(math.Pow(r.Float64(), 1.7)*float64(len(s.customers)))]
}

func (c channel) shops() []shop {
	r := rand.New(rand.NewPCG(c.seed, 1<<40))
	byRegion := map[string][]customer{}
	for _, b := range c.customers {
		byRegion[b.region] = append(byRegion[b.region], b)
	}
	var out []shop
	total := 0.0
	for _, p := range c.partners {
		near := slices.Clone(byRegion[p.region])
		r.Shuffle(len(near), func(i, j int) { near[i], near[j] = near[j], near[i] })
		weight := c.weight[p.tier] * math.Exp(0.45*r.NormFloat64())
		out = append(out, shop{p, weight, c.skill[p.tier] + 0.25*r.NormFloat64(), near[:min(len(near), 6+int(2.2*weight))]})
		total += weight
	}
	if c.direct > 0 {
		for _, region := range slices.Sorted(maps.Keys(byRegion)) {
			out = append(out, shop{partner{region: region}, total * c.direct / float64(len(byRegion)), 0.1, byRegion[region][:8]})
		}
	}
	return out
}

func pick(r *rand.Rand, shops []shop) int {
	total := 0.0
	for _, s := range shops {
		total += s.weight
	}
	at := r.Float64() * total
	for i, s := range shops {
		if at -= s.weight; at < 0 {
			return i
		}
	}
	return len(shops) - 1
}

// season is how busy the months are, January first.
var season = []float64{0.85, 0.95, 1.2, 0.95, 1.0, 1.2, 0.65, 0.6, 1.15, 1.1, 1.2, 0.9}

// beginnings are the moments at which deals begin, over three years, more each year.
func (c channel) beginnings(now time.Time) []time.Time {
	first := now.Truncate(day).AddDate(-3, 0, 0)
	var total float64
	var until []float64
	for at := first; !at.After(now); at = at.Add(day) {
		w := season[at.Month()-1] * math.Pow(1.22, at.Sub(first).Hours()/24/365)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			w *= 0.03
		}
		total += w
		until = append(until, total)
	}
	r := rand.New(rand.NewPCG(c.seed, 1<<41))
	var out []time.Time
	for len(out) < c.deals {
		i, _ := slices.BinarySearch(until, r.Float64()*total)
		at := first.Add(time.Duration(i)*day + time.Duration(7*60+r.IntN(10*60))*time.Minute)
		if at.Before(now) {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (c channel) deal(r *rand.Rand, now time.Time, s shop, from time.Time, what product) *deal {
	amount := roundTo(float64(what.price)*(1+math.Floor(12*math.Pow(r.Float64(), 3)))*(0.9+0.2*r.Float64()), 10)
	years := now.Sub(from).Hours() / 24 / 365
	d := &deal{
		r: r, now: now, skill: s.skill + drift[s.region]*math.Max(0, 1-years), size: 0.7 + 0.25*math.Log10(float64(amount)/1000+1),
		asleep: r.Float64() < 0.06,
	}
	d.live(from, amount)
	return d
}

func (c channel) productFile() []byte {
	t := table("name", "family", "list_price")
	for _, p := range c.products {
		t.add(p.name, p.family, strconv.Itoa(p.price))
	}
	return t.done()
}

func (c channel) teamFile() []byte {
	t := table("partner", "person", "manager", "region", "tier", "country")
	for _, p := range c.partners {
		t.add(p.name, p.person, c.managers[p.region], p.region, p.tier, p.country)
	}
	return t.done()
}

func (c channel) accountFile(used map[string]customer) []byte {
	t := table("name", "industry", "founded", "revenue", "employees", "country", "parent", "website")
	r := rand.New(rand.NewPCG(c.seed, 1<<42))
	for _, name := range slices.Sorted(maps.Keys(used)) {
		b := used[name]
		staff := 20 + int(math.Exp(3+2.2*r.Float64()+0.6*r.NormFloat64()))
		t.add(name, b.industry, strconv.Itoa(1880+r.IntN(140)), strconv.Itoa(staff*(120+r.IntN(180))*1000), strconv.Itoa(staff), b.country, "", "")
	}
	return t.done()
}

// sheet is a CSV file in the making.
type sheet struct {
	text bytes.Buffer
	w    *csv.Writer
}

func table(header ...string) *sheet {
	s := &sheet{}
	s.w = csv.NewWriter(&s.text)
	s.add(header...)
	return s
}

func (s *sheet) add(fields ...string) { _ = s.w.Write(fields) } // into memory: cannot fail

func (s *sheet) done() []byte {
	s.w.Flush()
	return s.text.Bytes()
}
