"""Who acts: state, chance and choice of people, families and institutions."""
