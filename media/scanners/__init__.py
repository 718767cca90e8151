"""Find in pictures and films what should not be published: text, faces, codes and red stamps."""
