"""What users want done: one public function per intention; each says what is one transaction."""
