"""The words that made-up texts are written of."""

WORDS = [
    "amber", "basil", "birch", "bread", "bridge", "brook", "candle", "canyon", "cedar", "cherry",
    "circle", "clay", "cloud", "copper", "coral", "cotton", "dawn", "delta", "drum", "ember",
    "fable", "falcon", "fern", "field", "flint", "forest", "garden", "ginger", "granite",
    "harbour", "hazel", "honey", "island", "ivory", "jasmine", "kettle", "lantern", "lemon",
    "linen", "maple", "marble", "meadow", "mint", "morning", "needle", "north", "oak", "olive",
    "onion", "orchard", "paper", "pebble", "pepper", "pine", "plum", "quartz", "rain", "river",
    "saffron", "salt", "silver", "spring", "stone", "summer", "thunder", "thyme", "timber",
    "valley", "velvet", "violet", "walnut", "water", "willow", "winter", "wool",
]  # fmt: skip
