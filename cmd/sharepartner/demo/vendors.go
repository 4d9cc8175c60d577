package demo

// The two vendors of the demo. Everything about them is invented.
const (
	haldenName  = "Halden Industrial"
	ostravaName = "Ostrava Sensors"
)

func halden() channel {
	return channel{
		prefix: "HLD", seed: 27182, deals: 4600, direct: 0.03, partners: partners(), products: products("halden"), customers: customers(),
		managers: map[string]string{
			"Nordics": "Astrid Kjølberg", "DACH": "Matthias Röhrig", "Central Europe": "Dorota Sękowska", "France & Benelux": "Hélène Vasseur",
			"UK & Ireland": "Rhys Caldwell", "Iberia & Italy": "Paola Ferrucci", "Eastern Mediterranean": "Defne Arıkan", "Asia Pacific": "小田 直樹",
		},
		weight: map[string]float64{"Platinum": 13, "Gold": 6, "Silver": 2.8, "Member": 1.1},
		skill:  map[string]float64{"Platinum": 0.32, "Gold": 0.15, "Silver": 0, "Member": -0.22},
	}
}

// shared are the partners of Halden that also sell for Ostrava.
var shared = []string{
	"Kestrel Automation", "Moravská Pohonná", "Vltava Robotika", "Rheintal Antriebe", "Isar Robotics", "Donautal Technik",
	"Fjordkraft Drift", "Polder Besturing", "Brianza Motori", "Kadıköy Otomasyon",
}

func ostrava() channel {
	c := channel{
		prefix: "OST", seed: 31415, deals: 420, products: products("ostrava"), customers: customers(), managers: map[string]string{},
		weight: map[string]float64{"Premier": 3, "Standard": 1}, skill: map[string]float64{"Premier": 0.2, "Standard": -0.1},
	}
	for _, p := range partners() {
		for i, name := range shared {
			if p.name != name {
				continue
			}
			p.tier = []string{"Premier", "Standard"}[i%2]
			c.managers[p.region] = []string{"Radek Pospíšil", "Klára Benešová"}[len(p.region)%2]
			c.partners = append(c.partners, p)
		}
	}
	return c
}
